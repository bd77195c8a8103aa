// A button that asks for picture files.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

/** What the server takes. */
const types = "image/png,image/jpeg,image/webp,image/avif,image/gif";

/** The button; `onFiles` is given at least one file. */
export function FileButton({
  class: className = "button",
  multiple = false,
  onFiles,
  children,
}: {
  class?: string;
  multiple?: boolean;
  onFiles: (files: readonly File[]) => void;
  children: ComponentChildren;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={className} onClick={() => input.current!.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={types}
        multiple={multiple}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ""; // the same file may be chosen again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
