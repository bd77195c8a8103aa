import { afterAll, beforeAll, expect, test } from "vitest";
import { startS3 } from "../../../../fixtures/s3-server.ts";
import type { S3Server } from "../../../../fixtures/s3-server.ts";
import { Away } from "../away.ts";
import { openS3Store } from "./s3-store.ts";

const keys = { accessKeyId: "id", secretAccessKey: "secret" };
let s3: S3Server;
beforeAll(async () => void (s3 = await startS3({ bucket: "pictures", ...keys })));
afterAll(() => s3.close());
const address = (path = "pictures/some/prefix") => `s3://${path}?endpoint=${s3.endpoint}&region=eu-west-3`;

test("openS3Store() puts files below its prefix, under names that need no escape", async () => {
  const store = await openS3Store(address(), keys);
  await store.write("pictures/ab/ab12.0.png", Uint8Array.of(1, 2));
  expect([...s3.objects.keys()]).toEqual(["some/prefix/pictures/ab/ab12.0.png"]);
  const atTop = await openS3Store(address("pictures"), keys);
  expect(await atTop.read("some/prefix/pictures/ab/ab12.0.png")).toEqual(Uint8Array.of(1, 2));
});

test("openS3Store() says what the store says when key or bucket are not right", async () => {
  const wrong = { ...keys, secretAccessKey: "other" };
  await expect(openS3Store(address(), wrong)).rejects.toThrow(/status 403, SignatureDoesNotMatch/);
  await expect(openS3Store(address("other"), keys)).rejects.toThrow(/status 404, NoSuchBucket/);
});

test("openS3Store() asks again while the store is busy, and gives up as Away", async () => {
  const store = await openS3Store(address(), { ...keys, patienceMs: 200 });
  s3.fail(1);
  expect(await store.has("nothing")).toBe(false);
  s3.fail(1000);
  await expect(store.write("a", Uint8Array.of(1))).rejects.toThrow(Away);
  s3.fail(0);
});
