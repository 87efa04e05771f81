// Reporter of node:test that ends with one line of JSON: how many tests passed, failed and were skipped.
export default async function* countReporter(events) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite or a file is no test; one that fails by itself (a hook, a syntax error) is a failure.
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    if (data.skip !== undefined || data.todo !== undefined) totals.skipped += 1;
    else if (type === 'test:fail') totals.failed += 1;
    else totals.passed += 1;
  }
  yield `${JSON.stringify(totals)}\n`;
}
