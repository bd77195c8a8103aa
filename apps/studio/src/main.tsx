// Where the page begins.

import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/shell.css";
import { render } from "preact";
import { App } from "./shell/app.tsx";

render(<App />, document.getElementById("app")!);
