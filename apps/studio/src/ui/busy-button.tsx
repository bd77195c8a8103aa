// A button for something that takes a while: it waits, and shows what went wrong.

import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { ProblemNote } from "./problem-note.tsx";

/** A button that runs `act`, once at a time; what it throws is shown under it. */
export function BusyButton({
  act,
  class: className = "button",
  label,
  isDisabled = false,
  children,
}: {
  act: () => Promise<void>;
  class?: string;
  /** Where the button holds no words. */
  label?: string;
  isDisabled?: boolean;
  children: ComponentChildren;
}) {
  const isBusy = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const run = async () => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      await act();
    } catch (error) {
      problem.value = error;
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <button
        type="button"
        class={className}
        aria-label={label}
        title={label}
        aria-busy={isBusy.value}
        disabled={isDisabled || isBusy.value}
        onClick={run}
      >
        {children}
      </button>
      <ProblemNote error={problem.value} />
    </>
  );
}
