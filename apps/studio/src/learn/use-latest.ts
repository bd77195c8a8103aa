// Work that follows a slider: while one value is worked on, only the newest of those that come is remembered.

import { useEffect, useRef, useState } from "preact/hooks";

/** What `work` gave for the newest `input` that is done; undefined before the first. Nothing is done while `input` is undefined. */
export function useLatest<Input, Value>(
  input: Input | undefined,
  work: (input: Input) => Promise<Value>,
): Value | undefined {
  const [value, setValue] = useState<Value>();
  const state = useRef<{ isBusy: boolean; next: Input | undefined }>({ isBusy: false, next: undefined });
  useEffect(() => {
    state.current.next = input;
    const go = async (): Promise<void> => {
      const { isBusy, next } = state.current;
      if (isBusy || next === undefined) return;
      state.current = { isBusy: true, next: undefined };
      // A picture that cannot be made now (the model is closing) is made with the next change.
      const made = await work(next).catch(() => undefined);
      if (made !== undefined) setValue(made);
      state.current.isBusy = false;
      await go();
    };
    void go();
  }, [input]);
  return value;
}
