/** A seed for random tests: AIRLOOM_SEED, or one of this run. It is printed, so that a run can be repeated. */
export function seeded(): { readonly seed: number } {
  const given = process.env.AIRLOOM_SEED;
  const seed = given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(given);
  console.log(`seed ${seed} (AIRLOOM_SEED=${seed} repeats it)`);
  return { seed };
}
