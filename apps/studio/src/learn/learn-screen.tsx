// Learn: how it works, as an essay whose figures are computed while one reads.

import { useEffect } from "preact/hooks";
import { ModelBar } from "../browser/model-bar.tsx";
import { isPractice, openModel } from "../browser/model.ts";
import { addressOf, route } from "../state/route.ts";
import { Attention } from "./attention.tsx";
import { Forward } from "./forward.tsx";
import { Guidance } from "./guidance.tsx";
import { Interpolation } from "./interpolation.tsx";
import { Latent } from "./latent.tsx";
import { Reverse } from "./reverse.tsx";
import { Samplers } from "./samplers.tsx";
import { SubjectForm } from "./subject.tsx";
import { learnText } from "./text/text.ts";
import "../pictures/pictures.css";
import "../browser/browser.css";
import "./learn.css";

const chapters = ["forward", "reverse", "latent", "attention", "samplers", "guidance", "interpolation"] as const;

/** The screen. */
export function LearnScreen() {
  const t = learnText.value;
  const { detail } = route.value;
  useEffect(() => {
    openModel().catch(() => undefined); // the bar shows what went wrong
  }, []);
  useEffect(() => {
    if (detail !== "") document.getElementById(`learn-${detail}`)?.scrollIntoView();
  }, [detail]);
  return (
    <article class="learn">
      <header class="learn-title">
        <h1>{t.title}</h1>
        <p class="lead">{t.lead}</p>
        <ModelBar />
        {isPractice && <p class="notice">{t.practice}</p>}
      </header>
      <nav class="contents" aria-label={t.contents}>
        <ol>
          {chapters.map((id) => (
            <li key={id}>
              <a href={addressOf("learn", id)}>{t.chapters[id].title}</a>
            </li>
          ))}
        </ol>
      </nav>
      <SubjectForm />
      <Forward />
      <Reverse />
      <Latent />
      <Attention />
      <Samplers />
      <Guidance />
      <Interpolation />
      <p class="lead closing">{t.closing}</p>
    </article>
  );
}
