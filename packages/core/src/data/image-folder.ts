// A folder of pictures, as Hugging Face's imagefolder has it: metadata.jsonl with "file_name" and further columns in the
// folder or below; or a .txt file with the caption beside each picture; or a folder for each class.
// https://huggingface.co/docs/datasets/image_dataset

import { disk, joinPath, readText } from "#platform";
import { readBytes } from "../image/png.ts";
import type { Skipped } from "./dataset.ts";
import { parseJsonLines } from "./json-lines.ts";
import type { ExampleRecord, RecordList } from "./record.ts";
import { describedBy, isPicture } from "./record.ts";

/** The pictures below `folder`, in the order of their paths. */
export async function readImageFolder(folder: string): Promise<RecordList> {
  const files = (await filesBelow(folder)).toSorted();
  const pictures = files.filter(isPicture);
  const metadata = await readMetadata(folder, files);
  const present = new Set(files);
  const skipped: Skipped[] = [...metadata.keys()]
    .filter((path) => !present.has(path))
    .map((path) => ({ id: path, reason: "metadata.jsonl names it, but there is no such file" }));
  const classes = metadata.size > 0 ? [] : classNames(pictures);
  const records = await Promise.all(
    pictures.map(async (path): Promise<ExampleRecord> => {
      const columns = metadata.get(path);
      const file = joinPath(folder, path);
      const bytes = () => readBytes(file);
      if (columns !== undefined) return { id: path, file, bytes, ...describedBy(columns) };
      const text = captionFiles(path).find((name) => present.has(name));
      const caption = text === undefined ? undefined : (await readText(joinPath(folder, text))).trim();
      const label = classes.indexOf(parentOf(path));
      const columnsOfClass = label < 0 ? {} : { label, class: classes[label] };
      return {
        id: path,
        file,
        bytes,
        columns: columnsOfClass,
        ...(caption === undefined ? {} : { caption }),
        ...(label < 0 ? {} : { label }),
      };
    }),
  );
  return { records, skipped };
}

async function filesBelow(folder: string): Promise<string[]> {
  if (!disk) throw new Error(`Cannot open "${folder}": a browser page cannot list folders`);
  const entry = await disk.entry(folder);
  if (entry?.kind !== "folder") {
    throw new Error(`Cannot open "${folder}": ${entry ? "it is a file" : "no such folder"} (a folder is wanted)`);
  }
  // Hidden files and folders are not data.
  return (await disk.filesBelow(folder)).filter((path) => !/(^|\/)\./.test(path));
}

/** Columns by the path of their picture, from every metadata.jsonl. */
async function readMetadata(
  folder: string,
  files: readonly string[],
): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const columns = new Map<string, Readonly<Record<string, unknown>>>();
  for (const path of files.filter((name) => /(^|\/)metadata\.jsonl$/.test(name))) {
    const lines = parseJsonLines(await readText(joinPath(folder, path)), joinPath(folder, path));
    for (const [i, { file_name: name, ...rest }] of lines.entries()) {
      if (typeof name !== "string") {
        throw new Error(`Cannot read "${joinPath(folder, path)}": record ${i + 1} has no "file_name"`);
      }
      columns.set(normalized(parentOf(path) === "" ? name : `${parentOf(path)}/${name}`), rest);
    }
  }
  return columns;
}

const normalized = (path: string): string => path.replace(/^\.\//, "").replaceAll("/./", "/");
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const captionFiles = (path: string): string[] => {
  const stem = path.slice(0, path.lastIndexOf("."));
  return [`${stem}.txt`, `${stem}.caption`];
};

/** The folders of the pictures, when each picture is in one and there are several. */
function classNames(pictures: readonly string[]): string[] {
  const parents = [...new Set(pictures.map(parentOf))].toSorted();
  return parents.length > 1 && !parents.includes("") ? parents : [];
}
