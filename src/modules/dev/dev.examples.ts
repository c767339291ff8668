// What the documents show of the simulated wallet.

export const examples = {
  Simulation: { outcome: 'success', deliver: 'once' },
  SimulationResult: { outcome: 'success', delivered: 1 },
} as const;
