import { conceptCases } from "./concepts.ts";
import { keepBounds } from "./keep-bounds.ts";

keepBounds("embeddings and hypernetworks", conceptCases);
