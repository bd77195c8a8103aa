import { adapterCases } from "./adapters.ts";
import { keepBounds } from "./keep-bounds.ts";

keepBounds("adapters", adapterCases);
