// TensorBoard's event files: records of TFRecord framing (length, its checksum, data, its checksum), each a tensorflow.Event
// message (tensorflow/core/util/event.proto, summary.proto).

import protobuf from "protobufjs/minimal.js";
import type { Disk } from "../platform/disk.ts";
import type { Scalars } from "./log.ts";

/** A PNG file with its size. */
export interface EncodedPicture {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** An event file that is open for writing. */
export interface EventFile {
  scalars(step: number, values: Scalars): Promise<void>;
  picture(step: number, tag: string, picture: EncodedPicture): Promise<void>;
  close(): Promise<void>;
}

/** Makes an event file in `folder`. Steps from `step` on that an earlier file of the folder has are told to be forgotten. */
export async function openEventFile(folder: string, { disk, step }: { disk: Disk; step: number }): Promise<EventFile> {
  const seconds = Math.floor(Date.now() / 1000);
  const name = `events.out.tfevents.${seconds}.${disk.hostName()}.${disk.processId()}.${crypto.randomUUID().slice(0, 8)}`;
  const file = await disk.open(`${folder}/${name}`);
  let offset = 0;
  const write = async (message: protobuf.Writer) => {
    const record = tfRecord(message.finish());
    await file.write(record, offset);
    offset += record.length;
  };
  // file_version = 3; without it TensorBoard does not read the file.
  await write(event(0).uint32(26).string("brain.Event:2"));
  // session_log = 7 { status = 1: START (1) }.
  if (step > 0) await write(event(step).uint32(58).fork().uint32(8).int32(1).ldelim());
  return {
    async scalars(step, values) {
      const message = event(step).uint32(42).fork(); // summary = 5
      for (const [tag, value] of Object.entries(values)) {
        // value = 1 { tag = 1, simple_value = 2 }
        message.uint32(10).fork().uint32(10).string(tag).uint32(21).float(value).ldelim();
      }
      await write(message.ldelim());
    },
    async picture(step, tag, { width, height, png }) {
      const message = event(step).uint32(42).fork().uint32(10).fork().uint32(10).string(tag);
      // image = 4 { height = 1, width = 2, colorspace = 3: RGBA (4), encoded_image_string = 4 }
      message.uint32(34).fork().uint32(8).int32(height).uint32(16).int32(width).uint32(24).int32(4);
      await write(message.uint32(34).bytes(png).ldelim().ldelim().ldelim());
    },
    close: () => file.close(),
  };
}

/** An Event with wall_time = 1 and step = 2. */
const event = (step: number): protobuf.Writer =>
  protobuf.Writer.create()
    .uint32(9)
    .double(Date.now() / 1000)
    .uint32(16)
    .int64(step);

/** `data` in the framing of TFRecord files. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/** CRC-32C rotated and shifted, so that checksums of data that hold checksums stay good. */
const maskedCrc32c = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** CRC-32C (Castagnoli), polynomial 0x1EDC6F41 reflected. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ castagnoli[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});
