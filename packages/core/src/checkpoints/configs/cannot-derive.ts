/** The error of a configuration that names and shapes do not determine; it names the way out. */
export function cannotDerive(network: string, reason: string): Error {
  return new Error(
    `Cannot derive the configuration of ${network}: ${reason} ` +
      `(pass "config", a folder in diffusers layout that describes this architecture)`,
  );
}
