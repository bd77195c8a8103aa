// The settings of a picture as the text that other programs read too.

import { readPictureText } from "@noisette/core/image/picture-file";

/** The "parameters" in a picture's file, and where it has none all its texts; Error where it tells nothing. */
export function settingsText(file: Uint8Array): string {
  const texts = readPictureText(file);
  const settings = texts.parameters ?? Object.values(texts).join("\n");
  if (settings === "") throw new Error("Cannot copy the settings: the picture does not tell how it was made");
  return settings;
}
