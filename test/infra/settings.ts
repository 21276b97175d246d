import { BadSettings, readConfig } from '../../src/config.js';

/** The name of every setting there is: what reading the environment asks for. */
export function settingNames(): ReadonlySet<string> {
  const asked = new Set<string>();
  const environment = (values: Readonly<Record<string, string>>) =>
    new Proxy<Record<string, string | undefined>>(values, {
      get: (_, name) => {
        asked.add(String(name));
        return values[String(name)];
      },
    });
  // With Kafka and without: some names are asked for in one of them only.
  for (const values of [{}, { KAFKA_BROKERS: 'kafka:9092', KAFKA_TLS: 'true' }])
    readConfig(environment(values));
  return asked;
}

/** What is wrong with the settings, in words; empty when a process would start with them. */
export function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof BadSettings) return error.faults;
    throw error;
  }
}
