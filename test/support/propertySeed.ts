import fc from 'fast-check';

// What decides a landing is repeatable: PROPERTY_SEED makes the properties try the same values each time; without it they draw others.
const seed = process.env['PROPERTY_SEED'];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
