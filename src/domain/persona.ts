import type { Grade, JourneyModel } from './model/journey-model.js';
import type { Traits } from './touchpoint.js';
import { traitTest } from './trait-test.js';

/** What the traits of a lead decide. `persona` is null when no rule matches, `grade` when there are no traits. */
export interface Fit {
  readonly persona: string | null;
  readonly grade: Grade | null;
}

/** @param email the address that the lead is known by */
export type FitRules = (traits: Traits, email: string | null) => Fit;

/** Compiles the model's persona and grade rules into one function of a lead's traits and address. */
export function fitRules(model: JourneyModel): FitRules {
  const personas = model.personas.map(({ id, when }) => ({ id, tests: when.map(traitTest) }));
  const rules = model.grading.rules.map(({ when, points }) => ({ test: traitTest(when), points }));
  return (traits, email) => ({
    persona: personas.find(({ tests }) => tests.some((test) => test(traits, email)))?.id ?? null,
    grade: isEmpty(traits)
      ? null
      : gradeOf(
          model,
          rules.reduce((sum, { test, points }) => (test(traits, email) ? sum + points : sum), 0),
        ),
  });
}

function gradeOf(model: JourneyModel, points: number): Grade {
  const { A, B, C, D, E } = model.grading.grades;
  if (points >= A) return 'A';
  if (points >= B) return 'B';
  if (points >= C) return 'C';
  if (points >= D) return 'D';
  return points >= E ? 'E' : 'F';
}

function isEmpty(traits: Traits): boolean {
  for (const _name in traits) return false;
  return true;
}
