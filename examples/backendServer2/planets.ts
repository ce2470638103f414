interface Planet {
  readonly name: string;
  /** Mean distance from the sun, in astronomical units. */
  readonly distanceAu: number;
  /** Mean radius, in kilometres. */
  readonly radiusKm: number;
}

/** The planets from the sun outwards. */
export const planets: readonly Planet[] = [
  { name: 'Mercury', distanceAu: 0.39, radiusKm: 2_440 },
  { name: 'Venus', distanceAu: 0.72, radiusKm: 6_052 },
  { name: 'Earth', distanceAu: 1, radiusKm: 6_371 },
  { name: 'Mars', distanceAu: 1.52, radiusKm: 3_390 },
  { name: 'Jupiter', distanceAu: 5.2, radiusKm: 69_911 },
  { name: 'Saturn', distanceAu: 9.54, radiusKm: 58_232 },
  { name: 'Uranus', distanceAu: 19.19, radiusKm: 25_362 },
  { name: 'Neptune', distanceAu: 30.07, radiusKm: 24_622 },
];

/** Finds a planet by its name, in any case. */
export function findPlanet(name: string): Planet | undefined {
  return planets.find((planet) => planet.name.toLowerCase() === name.toLowerCase());
}

/** Completes the start of a planet's name, in any case. */
export function completePlanet(start: string): string[] {
  return planets.map(({ name }) => name).filter((name) => name.toLowerCase().startsWith(start.toLowerCase()));
}
