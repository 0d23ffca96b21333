// A value that follows a little later, so that typing is never slowed by what depends on it.

import { useEffect, useState } from "preact/hooks";

export function useDeferred<T>(value: T): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    if (late === value) return;
    const timer = setTimeout(() => setLate(value), 40);
    return () => clearTimeout(timer);
  }, [value]);
  return late;
}
