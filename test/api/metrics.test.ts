import { createMetrics } from '../../src/metrics.ts';

describe('metrics', () => {
  test('two registries do not meet', async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.submissions.inc({ route: 'a', status: 'ESME_ROK' }, 5);
    expect(await one.registry.metrics()).toContain('tocsin_submissions_total{route="a",status="ESME_ROK"} 5');
    expect(await two.registry.metrics()).not.toContain('ESME_ROK');
  });

  test('every metric is named for the project, in base units, and explained', async () => {
    const found = await createMetrics({ processMetrics: true }).registry.getMetricsAsJSON();
    expect(found.length).toBeGreaterThan(20);
    for (const { name, help } of found) {
      expect(name).toMatch(/^tocsin_[a-z0-9_]+$/);
      expect(name).not.toMatch(/_ms$|_milliseconds/);
      expect(help).not.toBe('');
    }
  });

  test('no label can hold a recipient, a text or a notice', () => {
    const labels = Object.values(createMetrics()).flatMap((metric) =>
      'labelNames' in metric ? (metric.labelNames as string[]) : [],
    );
    const allowed = [
      'method',
      'call',
      'status',
      'route',
      'state',
      'reason',
      'link',
      'kind',
      'outcome',
      'err',
      'from',
      'to',
    ];
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.filter((label) => !allowed.includes(label))).toEqual([]);
  });
});
