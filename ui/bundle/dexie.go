package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A cut is a part of Dexie that the client never runs: from the beginning of one
// text up to another one, which stays. Each must be there exactly once, so a
// Dexie that is built otherwise is an error of the build. `unused` are the names
// of methods that go with it; a test looks for them in the client.
type cut struct {
	why      string
	from, to string
	unused   []string
}

// Dexie's class methods and middlewares hang together in ways no bundler can
// see through: it keeps all of them. Most of what goes here is Dexie's cache of
// queries, which every database of the client is opened without.
var dexieCuts = []cut{
	{why: "databases are opened with cache: disabled", from: "        this.use(cacheMiddleware);\n", to: "        this.use(observabilityMiddleware);"},
	{why: "the cache tells nobody, for it is empty", from: "            signalSubscribersNow(everything, true);\n", to: "        }\n        return db;"},
	{why: "the cache tells nobody, for it is empty", from: "        signalSubscribersNow(updateParts, true);\n", to: "    }\n    finally {\n        propagatingLocally = wasMe;"},
	{why: "nothing is cached", from: "                        let cachable = isCachableContext(PSD, table) &&\n                            isCachableRequest(method, req);\n", to: "                        const obsSet = cachable"},
	{why: "nothing is cached", from: "cachable\n                            ? (req.obsSet = {})\n                            : ", to: "subscr;\n                        if (isLiveQuery)"},
	{why: "capture is a middleware of our own, and nothing runs before a database is ready", from: "        this.use(hooksMiddleware);\n", to: "        addons.forEach(", unused: []string{"hook", "vip"}},
	{why: "part of the hooks", from: "                creating: [hookCreatingChain, nop],\n", to: "                reading: ["},
	{why: "part of the hooks", from: "                updating: [hookUpdatingChain, nop],\n                deleting", to: "            });\n    });\n}\n\nfunction isPlainKeyRange"},
	{why: "nothing runs before a database is ready", from: "        this.once = (event, callback) => {", to: "        this.Collection = createCollectionConstructor(this);"},
	{why: "nothing runs before a database is ready", from: "        state.onReadyBeingFired = [];\n        return DexiePromise.resolve(vip(", to: "    })\n        .finally(() => {\n        if (state.openCanceller === openCanceller) {"},
	{why: "the console hears nothing of it", from: "            if (ev.newVersion > 0)\n                console.warn(`Another", to: "            this.close({ disableAutoOpen: false });\n        });\n        this.on('blocked'"},
	{why: "the console hears nothing of it", from: "        this.on('blocked', (ev) => {\n", to: "        this._maxKey = getMaxKey"},
	{why: "async functions are the browser's", from: "    vip,\n    async: function (generatorFn) {", to: "    currentTransaction: {", unused: []string{"async", "spawn"}},
	{why: "a transaction's work is an async function", from: "                else if (typeof returnValue.next === 'function' &&", to: "            }\n        }, zoneProps);"},
	{why: "nothing is waited for in a transaction but the database; what else Dexie shares is for its addons", from: "    waitFor: function (promiseOrFunction, optionalTimeout) {", to: "    on: globalEvents,\n", unused: []string{"waitFor", "Promise", "derive", "extend", "props", "override", "Events"}},
	{why: "what Dexie shares is for its addons", from: "    extendObservabilitySet,\n    getByKeyPath: getByKeyPath,", to: "    addons: [],", unused: []string{"getByKeyPath", "setByKeyPath", "delByKeyPath", "shallowClone", "deepClone", "getObjectDiff", "minKey"}},
	{why: "what Dexie shares is for its addons", from: "    connections: {\n        get: connections.toArray,", to: "    dependencies: domDeps,", unused: []string{"errnames"}},
	{why: "what Dexie shares is for its addons", from: "    cache,\n    semVer: DEXIE_VERSION,", to: "});\nDexie.maxKey", unused: []string{"semVer"}},
	{why: "browsers list their databases", from: "    exists(name) {", to: "    ignoreTransaction(scopeFunc) {", unused: []string{"exists", "getDatabaseNames", "defineClass"}},
	{why: "browsers list their databases", from: "            if (wasCreated)\n                _onDatabaseCreated(db._deps, dbName);\n", to: "            resolve();\n        }, reject);"},
	{why: "browsers list their databases", from: "                    _onDatabaseDeleted(this._deps, this.name);\n", to: "                    resolve();\n                });\n                req.onerror"},
	{why: "part of waitFor", from: "    waitFor(promiseLike) {", to: "    abort() {\n        if (this.active)", unused: []string{"waitFor"}},
	{why: "nobody asks a database so", from: "    backendDB() {", to: "    isOpen() {", unused: []string{"backendDB"}},
	{why: "nobody asks a database so", from: "    hasBeenClosed() {", to: "    get tables() {", unused: []string{"hasBeenClosed", "hasFailed", "dynamicallyOpened"}},
	{why: "no middleware is put in place of another", from: "        if (name)\n            this.unuse({ stack, name });\n", to: "        const middlewares = this._middlewares[stack]"},
	{why: "no middleware is put in place of another", from: "    unuse({ stack, name, create, }) {", to: "    open() {\n        return usePSD", unused: []string{"unuse"}},
	{why: "queries name an index", from: "        if (keyOrCrit && keyOrCrit.constructor === Object)\n            return this.where(keyOrCrit).first(cb);\n", to: "        if (keyOrCrit == null)"},
	{why: "queries name an index", from: "        const keyPaths = keys(indexOrCrit);\n        if (keyPaths.length === 1)", to: "    }\n    filter(filterFunction) {\n        return this.toCollection()"},
	{why: "rows are plain objects", from: "    mapToClass(constructor) {", to: "    add(obj, key) {", unused: []string{"mapToClass", "defineClass"}},
	{why: "rows are written whole", from: "    upsert(key, modifications) {", to: "    update(keyOrObject, modifications) {", unused: []string{"upsert"}},
	{why: "many rows are put", from: "    bulkAdd(objects, keysOrOptions, options) {", to: "    bulkPut(objects", unused: []string{"bulkAdd"}},
	{why: "rows are written whole", from: "    bulkUpdate(keysAndChanges) {", to: "    bulkDelete(keys) {", unused: []string{"bulkUpdate"}},
	{why: "changes are values", from: "    execute(value) {\n        const spec", to: "    constructor(spec) {\n        this['@@propmod']", unused: []string{"execute"}},
	{why: "changes are values", from: "        if (value instanceof PropModification) {\n            setByKeyPath(obj, keyPath, value.execute(origValue));\n            anythingModified = true;\n        }\n        else ", to: "if (origValue !== value) {\n            setByKeyPath"},
	{why: "no row is a Y.js document", from: "            .then((res) => builtInDeletionTrigger(this, [key], res))\n", to: "            .then((res) => res.numFailures"},
	{why: "no row is a Y.js document", from: "\n            .then((res) => builtInDeletionTrigger(this, null, res))", to: ").then((res) => res.numFailures"},
	{why: "no row is a Y.js document", from: "\n                .then((res) => builtInDeletionTrigger(this, keys, res))", to: ";\n        }).then(({ numFailures, lastResult"},
	{why: "no row is a Y.js document", from: "                                .then((res) => builtInDeletionTrigger(ctx.table, deleteKeys, res))\n", to: "                                .then((res) => applyMutateResult(deleteKeys.length"},
	{why: "no row is a Y.js document", from: "        if (mode !== 'readonly')\n            storeNames.forEach((storeName) => {\n                const yProps", to: "        this.db = db;\n        this.mode = mode;"},
	{why: "no query asks so", from: "    else {\n        const set = {};\n        const union", to: "}\nfunction iterate("},
	{why: "no query asks so", from: "    raw() {", to: "    each(fn) {", unused: []string{"raw"}},
	{why: "no query asks so", from: "    sortBy(keyPath, cb) {", to: "    toArray(cb) {\n        return this._read", unused: []string{"sortBy"}},
	{why: "no query asks so", from: "    or(indexName) {", to: "    reverse() {\n        this._ctx.dir", unused: []string{"or"}},
	{why: "no query asks so", from: "    desc() {", to: "    keys(cb) {", unused: []string{"desc", "eachKey", "eachUniqueKey", "eachPrimaryKey"}},
	{why: "no query asks so", from: "    uniqueKeys(cb) {", to: "    modify(changes) {", unused: []string{"uniqueKeys", "firstKey", "lastKey", "distinct"}},
	{why: "rows are changed 200 at a time", from: "            const modifyChunkSize = this.db._options.modifyChunkSize;", to: "            const totalFailures = [];"},
	{why: "no query asks so", from: "    aboveOrEqual(value) {", to: "    belowOrEqual(value) {", unused: []string{"aboveOrEqual", "below"}},
	{why: "keys are ids and numbers", from: "    startsWithIgnoreCase(str) {", to: "    anyOf() {", unused: []string{"startsWithIgnoreCase", "equalsIgnoreCase", "anyOfIgnoreCase", "startsWithAnyOfIgnoreCase"}},
	{why: "a query names what it wants", from: "    notEqual(value) {", to: "}\n\nfunction createWhereClauseConstructor", unused: []string{"notEqual", "noneOf", "inAnyRange", "startsWithAnyOf"}},
	{why: "rows come by `each`", from: "                    cursor.next = function () {", to: "                    cursor.start = (callback)"},
	{why: "versions of the schema are only added to, and change no row", from: "            const contentUpgrade = version._cfg.contentUpgrade;", to: "        });\n        queue.push((idbtrans) => {\n            const newSchema"},
	{why: "versions of the schema are only added to, and change no row", from: "    upgrade(upgradeFunction) {", to: "}\n\nfunction createVersionConstructor", unused: []string{"upgrade"}},
	{why: "no schema changes without a version", from: "                        if (!verifyInstalledSchema(db, tmpTrans) && !schemaPatchMode) {", to: "                    }\n                    generateMiddlewareStacks(db, tmpTrans);"},
	{why: "no schema changes without a version", from: "                if (schemaPatchMode) {\n", to: "                runUpgraders(db, oldVer / 10"},
	{why: "for browsers below our floor", from: "useSafari14Workaround ? idbReady() : ", to: "DexiePromise.resolve()).then(tryOpenDB)"},
	{why: "for browsers below our floor", from: "    const useSafari14Workaround = typeof navigator", to: "    return DexiePromise.race([\n        openCanceller,"},
	{why: "for browsers below our floor", from: "    if (typeof navigator !== 'undefined' &&\n        /Safari/.test(navigator.userAgent) &&\n        !/(Chrome\\/|Edge\\/)/.test(navigator.userAgent) &&\n        _global.WorkerGlobalScope", to: "}\nfunction parseIndexSyntax"},
	{why: "for browsers below our floor", from: " &&\n                !(typeof navigator !== 'undefined' &&\n                    /Safari/", to: ",\n            hasIdb3Features"},
	{why: "for browsers below our floor", from: "    else {\n        const connections = [];", to: "}\n\nfunction getDbNamesTable"},
}

// leanDexie builds Dexie in without what the client never runs.
func leanDexie(root string) (api.Plugin, error) {
	file := filepath.Join(root, modernDexie)
	text, err := os.ReadFile(file)
	if err != nil {
		return api.Plugin{}, err
	}
	lean := string(text)
	for _, c := range dexieCuts {
		if lean, err = c.take(lean); err != nil {
			return api.Plugin{}, fmt.Errorf("%s: %w", modernDexie, err)
		}
	}
	return api.Plugin{Name: "lean-dexie", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `[/\\]dexie\.mjs$`}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: &lean, ResolveDir: filepath.Dir(file), Loader: api.LoaderJS}, nil
		})
	}}, nil
}

func (c cut) take(text string) (string, error) {
	if strings.Count(text, c.from) != 1 {
		return "", fmt.Errorf("%q is there %d times, and is to be cut once", c.from, strings.Count(text, c.from))
	}
	before, rest, _ := strings.Cut(text, c.from)
	at := strings.Index(rest, c.to)
	if at < 0 {
		return "", fmt.Errorf("%q does not follow on %q", c.to, c.from)
	}
	return before + rest[at:], nil
}
