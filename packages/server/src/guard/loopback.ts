// Addresses of this machine alone.

/** Whether `address` can be reached from this machine alone. */
export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
