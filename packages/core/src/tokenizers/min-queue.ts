// A priority queue of numbers: a binary heap in an array, the smallest first (Williams 1964).

/** Numbers that come out in ascending order; both operations cost O(log n). */
export interface MinQueue {
  push(value: number): void;
  /** Takes out the smallest number; undefined when there is none. */
  pop(): number | undefined;
}

/** An empty queue. */
export function minQueue(): MinQueue {
  const heap: number[] = [];
  return {
    push(value) {
      let place = heap.length;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (heap[parent] <= value) break;
        heap[place] = heap[parent];
        place = parent;
      }
      heap[place] = value;
    },
    pop() {
      const smallest = heap[0];
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return last;
      let place = 0;
      for (let child = 1; child < heap.length; child = 2 * place + 1) {
        if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= last) break;
        heap[place] = heap[child];
        place = child;
      }
      heap[place] = last;
      return smallest;
    },
  };
}
