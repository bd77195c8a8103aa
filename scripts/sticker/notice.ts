// NOTICE of the sticker package: whose drawings and words the model learnt from, and whose upscaler is beside it.

import { stickerNotice } from "@noisette/core/data/stickers/notice";

/** The package's NOTICE. */
export const packageNotice = `${stickerNotice}
Upscaler
  Real-ESRGAN (c) 2021 Xintao Wang, BSD 3-Clause License (upscaler/LICENSE), https://github.com/xinntao/Real-ESRGAN
  (realesr-animevideov3, x4), converted to safetensors.
`;
