// Any picture dropped on the page tells how it was made, whichever program made it.

import { useEffect, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import { importedFile } from "../state/imported.ts";
import { text } from "../text/text.ts";
import { useSignal } from "@preact/signals";

/** Takes files that are dropped, and shows what the last one tells. */
export function ImportedPicture() {
  const isOver = useSignal(false);
  const [Content, setContent] = useState<ComponentType<{ file: File }>>();
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent) => {
      isOver.value = false;
      // A field of its own took it.
      if (event.defaultPrevented) return;
      const [file] = event.dataTransfer?.files ?? [];
      if (file === undefined) return;
      event.preventDefault();
      importedFile.value = file;
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [isOver]);
  const file = importedFile.value;
  useEffect(() => {
    if (file === undefined) return;
    void import("./imported-dialog.tsx").then(({ ImportedDialog }) => setContent(() => ImportedDialog));
  }, [file]);
  return (
    <>
      {isOver.value && <div class="drop-target">{text.value.imported.drop}</div>}
      {file !== undefined && Content !== undefined && <Content key={file.name + file.lastModified} file={file} />}
    </>
  );
}
