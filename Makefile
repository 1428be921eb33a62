# What people run here often. `make` alone lists it. Go is enough for all but
# e2e (Node, Chromium), assets (Node) and the PostgreSQL half of the tests.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X main.version=$(VERSION)
BUILD    = CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)"
TARGETS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FUZZTIME ?= 20s
PKG     ?= ./...
GOBIN    = $(shell go env GOPATH)/bin
GOLANGCI = v2.15.0

.DEFAULT_GOAL := help
.PHONY: help run build check test race lint vuln e2e crash faults soak seeded load bench assets golden fuzz release ci clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PKG=./internal/db/... narrows test, race and fuzz; VERSION, TARGETS, FUZZTIME can be set too."

run: ## run the server on http://127.0.0.1:8080 with data in ./or3-data
	go run . serve

build: ## build ./or3 as a release is built
	$(BUILD) -o or3$(if $(filter windows,$(shell go env GOOS)),.exe) .

check: ## format, vet, lint: quick, before every commit
	@files=$$(git ls-files '*.go' | xargs gofmt -l); [ -z "$$files" ] || { echo "run gofmt -w on:"; echo "$$files"; exit 1; }
	go vet ./...
	@$(MAKE) --no-print-directory lint

test: ## every test that needs only Go; the others say SKIP and why
	go test $(PKG)

race: ## the tests under the race detector, in random order
	go test -race -gcflags='github.com/ncruces/go-sqlite3-wasm/...=-race=false' -shuffle=on $(PKG)

lint: ## golangci-lint, staticcheck among its linters
	@"$(GOBIN)/golangci-lint" version 2>/dev/null | grep -qF "$(GOLANGCI:v%=%)" || \
	  go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	"$(GOBIN)/golangci-lint" run ./...

vuln: ## known vulnerabilities in what is linked
	@[ -x "$(GOBIN)/govulncheck" ] || go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	"$(GOBIN)/govulncheck" ./...

e2e: ## a real server in a real Chromium
	npm ci --prefix tests/e2e --no-audit --no-fund --loglevel=error
	OR3_TEST_REQUIRE=chromium,node go test -count=1 -p 1 ./tests/e2e ./tests/offline ./tests/kept ./tests/files ./tests/apart ./tests/plugins ./tests/look

ROUNDS ?= 10000

crash: ## kill the real server ROUNDS times in the middle of pushes, on each database
	OR3_TEST_CRASH_ROUNDS=$(ROUNDS) go test -count=1 -timeout 0 -v -run TestWhatWasAcknowledgedIsThereAfterAKill ./tests/fault

RUNS ?= 1000

faults: ## RUNS runs of twenty devices on a bad network, with the server killed meanwhile
	OR3_TEST_FAULT_RUNS=$(RUNS) go test -count=1 -timeout 0 -v -run TestDevicesAgreeAfterEverythingHeals ./tests/fault

soak: ## play SEEDS more seeds of the simulator, from a random one, on both databases
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && go test -c -o "$$dir/sim.test" ./tests/sim && \
	  cd tests/sim && "$$dir/sim.test" -test.run BadWeather -from 0 -seeds $(or $(SEEDS),2000)

seeded: ## build known mistakes in, one by one, and see each of them caught
	go test -count=1 -timeout 0 -v ./tests/mistakes

load: ## measure a real server: rates, latencies, memory, start
	go run ./tests/load

bench: ## Go benchmarks
	go test -run '^$$' -bench . -benchmem $(PKG)

assets: ## build ui/static again from its sources
	go generate ./ui

golden: ## rewrite golden files and the configuration reference; read the difference
	go test $$(grep -rl --include='*_test.go' '"update"' . | xargs -n1 dirname | sort -u) -update

fuzz: ## every fuzz target for FUZZTIME each
	@for package in $$(go list $(PKG)); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "== $$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

release: ## static binaries of every platform and their checksums in dist/
	@rm -rf dist && mkdir -p dist
	@for target in $(TARGETS); do \
	  os=$${target%/*}; arch=$${target#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  echo "dist/or3_$(VERSION)_$${os}_$$arch$$ext"; \
	  GOOS=$$os GOARCH=$$arch $(BUILD) -o "dist/or3_$(VERSION)_$${os}_$$arch$$ext" . || exit 1; \
	done
	@cd dist && if command -v sha256sum >/dev/null; then sha256sum or3_*; else shasum -a 256 or3_*; fi > SHA256SUMS

ci: ## everything a change must pass
	.ci/run

clean: ## remove what was built; data is never touched
	rm -rf dist or3 or3.exe
