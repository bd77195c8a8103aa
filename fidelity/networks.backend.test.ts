import { keepBounds } from "./keep-bounds.ts";
import { networkCases } from "./networks.ts";

keepBounds("networks", networkCases);
