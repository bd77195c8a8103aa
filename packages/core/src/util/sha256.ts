// SHA-256 of what is in memory, as hex digits.

/** 64 hex digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // A copy: WebCrypto takes no views of shared memory.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
