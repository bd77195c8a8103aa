// Where Fashion-MNIST is: the four files that the Debian package dataset-fashion-mnist brings, or a folder that is named.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const debianPackage = "dataset-fashion-mnist";
const trainingImages = "train-images-idx3-ubyte";

/** The folder of the files: `given`, or where the package has them. Throws Error when they are not there. */
export async function fashionMnistFolder(given?: string): Promise<string> {
  if (given !== undefined) {
    if ([trainingImages, `${trainingImages}.gz`].some((name) => existsSync(join(given, name)))) return given;
    throw new Error(
      `Cannot find Fashion-MNIST: "${given}" has no ${trainingImages}.gz (a folder of its four files is wanted)`,
    );
  }
  const listed = await promisify(execFile)("dpkg-query", ["-L", debianPackage]).catch(() => undefined);
  const file = listed?.stdout.split("\n").find((line) => line.includes(trainingImages));
  if (file !== undefined) return dirname(file);
  throw new Error(
    `Cannot find Fashion-MNIST: the Debian package ${debianPackage} is not installed (apt-get install ${debianPackage}, or --data with a folder of its four files, is wanted)`,
  );
}
