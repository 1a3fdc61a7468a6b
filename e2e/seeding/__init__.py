"""The parts of the seeded AWS world, one file for each matter. `world.seed` puts them together."""
