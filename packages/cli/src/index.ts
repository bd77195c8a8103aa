// The batteries-included entry: the library, with everything Node needs installed beside it.

export * from "@noisette/core";
