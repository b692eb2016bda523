// Who may import whom. Each rule carries its reason; docs/architecture.md draws the same picture.
const areas = {
  kernel: [],
  media: ['kernel'],
  volumes: ['kernel', 'media'],
  filesystems: ['kernel', 'media'],
  identification: ['kernel', 'media'],
  survey: ['kernel', 'media', 'volumes', 'filesystems', 'identification', 'digest'],
  digest: ['kernel'],
  storage: ['kernel'],
  premis: ['kernel'],
  journal: ['kernel'],
  scanning: ['kernel'],
  acquisition: ['kernel', 'media'],
  package: ['kernel', 'media', 'survey', 'digest', 'premis', 'journal', 'storage', 'acquisition', 'bagit-js'],
  export: ['kernel', 'media', 'survey', 'digest', 'premis', 'journal', 'storage', 'acquisition', 'bagit-js', 'package'],
};
const areaRules = Object.entries(areas).map(([area, allowed]) => ({
  name: `${area}-stays-low`,
  comment: `ingest/${area} may use ${allowed.join(', ') || 'nothing of ours'}: the areas are layers`,
  severity: 'error',
  from: { path: `^ingest/${area}/` },
  to: { path: '^ingest/', pathNot: `^ingest/(${[area, ...allowed].join('|')})/` },
}));

export default {
  forbidden: [
    { name: 'no-circular', comment: 'a cycle is one module that pretends to be two', severity: 'error', from: {}, to: { circular: true } },
    ...areaRules,
    { name: 'engine-is-alone', comment: 'ingest/ works without database, framework and people', severity: 'error', from: { path: '^ingest/' }, to: { path: '^(src|test|bench|web)/|node_modules/(@nestjs|typeorm|rxjs|fastify)' } },
    { name: 'bagit-js-stands-alone', comment: 'bagit-js is a package of its own', severity: 'error', from: { path: '^ingest/bagit-js/' }, to: { path: '^(ingest/(?!bagit-js/)|src/)' } },
    { name: 'areas-meet-at-the-door', comment: 'an area sees only the index.ts of another', severity: 'error', from: { path: '^ingest/([^/]+)/' }, to: { path: '^ingest/([^/]+)/', pathNot: '^ingest/$1/|^ingest/[^/]+/index\\.ts$|^ingest/bagit-js/' } },
    { name: 'src-sees-doors', comment: 'src/ sees ingest/<area>/index.ts and nothing deeper', severity: 'error', from: { path: '^src/' }, to: { path: '^ingest/', pathNot: '^ingest/[^/]+/index\\.ts$|^ingest/bagit-js/' } },
    { name: 'plug-ins-are-one-file', comment: 'a plug-in imports its contract and the kernel, never another plug-in', severity: 'error', from: { path: '^ingest/[^/]+/(formats|logs|backends|exporters|writers)/' }, to: { path: '^ingest/[^/]+/(formats|logs|backends|exporters|writers)/' } },
    { name: 'features-meet-at-services', comment: 'features meet at services, modules and ports, never at entities or DTOs', severity: 'error', from: { path: '^src/([^/]+)/', pathNot: '^src/(database|engine|cli|common|config|jobs)/' }, to: { path: '^src/([^/]+)/', pathNot: '^src/$1/|^src/(common|config|database|jobs|engine)/|\\.(service|module|port)\\.ts$' } },
    { name: 'controllers-are-signatures', comment: 'controllers import their DTO and service; no entity, no TypeORM, no engine', severity: 'error', from: { path: '\\.controller\\.ts$' }, to: { path: '\\.entity\\.ts$|^ingest/|node_modules/typeorm' } },
    { name: 'nothing-imports-tests', comment: 'tests are only run to find out whether we are right', severity: 'error', from: { path: '^(ingest|src)/', pathNot: '^ingest/bagit-js/test/' }, to: { path: '^(test|bench)/' } },
    { name: 'no-unresolvable', comment: 'an import that leads nowhere', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
