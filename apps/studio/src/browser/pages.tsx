// Where the static site begins: Create and Learn, with the bundled model in this browser and no server.

import "../style/tokens.css";
import "../style/base.css";
import "../style/controls.css";
import "../style/shell.css";
import { render } from "preact";
import { Frame } from "../shell/frame.tsx";
import type { Screen } from "../shell/screens.ts";

const screens: readonly Screen[] = [
  { id: "learn", icon: "learn", load: async () => (await import("../learn/learn-screen.tsx")).LearnScreen },
  { id: "create", icon: "create", load: async () => (await import("./create-here.tsx")).CreateHere },
];

render(<Frame screens={screens} />, document.getElementById("app")!);
