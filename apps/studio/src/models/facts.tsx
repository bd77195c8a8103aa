// Anything that JSON can say, for people: names and values, objects inside one another.

/** The names and values of `of`. */
export function Facts({ of }: { of: Readonly<Record<string, unknown>> }) {
  return (
    <dl class="facts tree">
      {Object.entries(of).map(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name} is`}>
          <Value value={value} />
        </dd>,
      ])}
    </dl>
  );
}

// Beyond this a list is a table that nobody reads here.
const longList = 12;

function Value({ value }: { value: unknown }) {
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) return <>–</>;
  if (Array.isArray(value)) {
    if (value.every((part) => typeof part !== "object" || part === null))
      return (
        <>{value.length > longList ? `${value.slice(0, longList).join(", ")} … (${value.length})` : value.join(", ")}</>
      );
    return (
      <details>
        <summary>{value.length}</summary>
        {value.slice(0, 200).map((part, i) => (
          <Value key={i} value={part} />
        ))}
      </details>
    );
  }
  if (typeof value !== "object" || value === null) return <>{String(value ?? "–")}</>;
  const names = Object.keys(value);
  return names.length > 6 ? (
    <details>
      <summary>{names.slice(0, 4).join(", ")} …</summary>
      <Facts of={value as Record<string, unknown>} />
    </details>
  ) : (
    <Facts of={value as Record<string, unknown>} />
  );
}
