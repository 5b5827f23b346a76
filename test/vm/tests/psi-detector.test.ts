// guests: v2
/** The detector of contention on pure cgroup v2, where all of a task is on one hierarchy: the same tests as on a host. */
process.env['WCA_TEST_FOUND_SECONDS'] = '180';
process.env['WCA_TEST_SILENCE_SECONDS'] = '10';
await import('../../integration/psi-detector.test.ts');
