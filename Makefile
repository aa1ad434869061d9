# make help lists all that can be made.
# Needs git, make and Python 3.11 or newer; all else is installed into .venv and node_modules.

PYTHON ?= python3
HUB ?= auto
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
CORNERS ?= 100
LINES ?=
CHAOS_SEED ?=
PYTEST ?=
EXPERIMENTS ?= build/experiments
TINY ?=
CLIENTS ?=
MINUTES ?= 30
TORCH_INDEX ?=

BIN := $(CURDIR)/.venv/bin
# The Node.js and npm of the virtual environment come first; the CDK CLI talks to nobody but AWS.
export PATH := $(BIN):$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1
CDK := npx --no-install cdk
# One line a step; what it prints goes to build/logs.
STEP := python -m local.commands.step

# What somebody gave a variable is one word for the shell, whatever stands in it: $(call quote,TASK). Make does not
# read it either, nor does it pass it on in the environment, which would make it read it. A line of a recipe ends where
# a line of the value does, so the value has one line.
define newline


endef
quote = '$(subst ','\'',$(subst $(newline), ,$(value $(1))))'
unexport ACTION ARGS CACHE CDK_FLAGS CHAOS_SEED CLIENTS COLUMN CONTEXT CORNERS DEPLOYED DOCUMENT DOCUMENTS ENDPOINTS EVENT EXPERIMENTS HUB
unexport INPUT JSON LINES MINUTES MODEL MODELS NAME OUTPUT OUTPUTS PAIRS PORT PROCESSES PYTEST PYTHON README ROUNDS RPS
unexport SECONDS_PER_CALL SOURCES TASK TASKS TIMES TINY TORCH_INDEX UI_PORT
# CONTEXT, CDK_FLAGS and PYTEST are several words, which a command gets at its end.
WITH := python -m local.commands.with_words

# A target's line in `make help` is what stands after the two number signs.
.DEFAULT_GOAL := help
.PHONY: help run serve ui invoke batch cache lock synth deploy destroy options key check fix unit test test-all coverage retest fuzz hostile media schemas clients chaos batch-chaos scan load
.PHONY: wheel wheel-test doctor bench bench-lists bench-memory bench-stream bench-relay account-probe stream-probe experiment experiments cost pins sbom events diagrams clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: synth ## try every function on this machine
	@python -m local run --hub $(call quote,HUB) --tasks $(call quote,TASKS) $(if $(value CACHE),--cache $(call quote,CACHE))

serve: synth ## the local cloud, until Ctrl-C
	@python -m local serve --hub $(call quote,HUB) --tasks $(call quote,TASKS) --port $(call quote,PORT) $(if $(value CACHE),--cache $(call quote,CACHE))

# The playground: make ui [ENDPOINTS=build/outputs.json or a stack's name], for functions that are deployed
ui: .venv/ui.stamp $(if $(value ENDPOINTS),,synth) ## the playground, in a browser
	@python -m playground --port $(call quote,UI_PORT) $(if $(value ENDPOINTS),--endpoints $(call quote,ENDPOINTS), \
		--hub $(call quote,HUB) --tasks $(call quote,TASKS) $(if $(value CACHE),--cache $(call quote,CACHE)))

# Every view, light and dark, wide and on a phone, from the browser test; the documents' pictures are among them.
PICTURES = sentiment-light-1280 embeddings-light-1280 entities-dark-390 speech-light-390
.PHONY: pictures
pictures: .venv/dev.stamp node_modules/.package-lock.json ## take pictures of every view of the playground
	@HUBLET_PICTURES=1 REQUIRE_BROWSER=1 python -m pytest tests/browser/test_pictures.py
	@for name in $(PICTURES); do cp build/screenshots/$$name.png docs/pictures/$$name.png || exit; done

# One call of a function: make invoke TASK=sentiment [EVENT=file.json] [DEPLOYED=1 [OUTPUTS=...]]
invoke: .venv/run.stamp ## call a function once: TASK=sentiment
	@python -m local.commands.invoke $(call quote,TASK) $(if $(value EVENT),--event $(call quote,EVENT)) \
		$(if $(value DEPLOYED),--deployed --outputs $(call quote,OUTPUTS),--port $(call quote,PORT))

# Batch over a file: make batch TASK=embeddings INPUT=texts.jsonl OUTPUT=vectors.jsonl [COLUMN=text] [DEPLOYED=1]
# Ctrl-C stops it, and the same command goes on. The machine is an option of the stack, so it has a folder of its own.
batch: .venv/run.stamp node_modules/.package-lock.json ## a file of lines through one function: TASK=embeddings INPUT= OUTPUT=
	@$(WITH) $(call quote,CONTEXT) -- $(CDK) synth --quiet --output build/batch.out -c batch=true
	@python -m local batch --task $(call quote,TASK) --input $(call quote,INPUT) --output $(call quote,OUTPUT) --hub $(call quote,HUB) \
		--template build/batch.out/Hublet.template.json $(if $(value COLUMN),--column $(call quote,COLUMN)) \
		$(if $(value CACHE),--cache $(call quote,CACHE)) $(if $(value DEPLOYED),--deployed --outputs $(call quote,OUTPUTS))

# The model cache: make cache [ACTION=verify] [MODEL=...] [ARGS='{"repair": true}'] [JSON=1] [DEPLOYED=1]
cache: .venv/run.stamp ## list, verify, remove, prefetch or prune models: ACTION=list
	@python -m local.commands.cache $(if $(value ACTION),$(call quote,ACTION),list) $(if $(value MODEL),--model $(call quote,MODEL)) \
		$(if $(value ARGS),--args $(call quote,ARGS)) $(if $(value JSON),--json) \
		$(if $(value DEPLOYED),--deployed --outputs $(call quote,OUTPUTS),--port $(call quote,PORT) $(if $(value CACHE),--cache $(call quote,CACHE)))

# Where the models stand on the Hub now: shows what changed, and writes models.lock.json.
lock: .venv/run.stamp ## write models.lock.json from where the models stand on the Hub
	@python -m local.commands.lock $(if $(filter-out auto embedded,$(value HUB)),--hub $(call quote,HUB))

synth: .venv/run.stamp node_modules/.package-lock.json ## write the CloudFormation template
	@$(STEP) "reading the stack" --log synth -- $(WITH) $(call quote,CONTEXT) -- $(CDK) synth --quiet

# Where no terminal is: CDK_FLAGS="--require-approval never" to deploy, CDK_FLAGS=--force to destroy.
deploy: .venv/run.stamp node_modules/.package-lock.json ## deploy the stack to AWS
	@$(WITH) $(call quote,CDK_FLAGS) $(call quote,CONTEXT) -- $(CDK) deploy --outputs-file $(call quote,OUTPUTS)
	@echo "Whether answers of chat come as they are written: make stream-probe DEPLOYED=1"

destroy: .venv/run.stamp node_modules/.package-lock.json ## remove the stack from AWS
	@$(WITH) $(call quote,CDK_FLAGS) $(call quote,CONTEXT) -- $(CDK) destroy

# Every context key that CONTEXT="-c key=value" takes; DOCUMENT=1 writes the table into its document instead.
options: .venv/run.stamp ## list every context key of the stack
	@python -m stacks.options $(if $(value DOCUMENT),--write)

# What is missing to run models here, and to deploy them.
doctor: .venv/run.stamp ## what is missing, and what to do about it
	@python -m hublet doctor

# A new key for auth=key, shown once; nothing is stored.
key: .venv/run.stamp ## make a key for auth=key
	@python -m local.commands.key

# One file that installs the command `hublet` anywhere.
wheel: .venv/dev.stamp ## build the wheel into dist
	@python -m hatchling build --target wheel

# The long form of tests/integration/test_wheel.py: the wheel and gigabytes of packages are installed anew.
wheel-test: .venv/dev.stamp ## install the wheel in a fresh environment, and walk through its commands
	@HUBLET_WHEEL=1 python -m pytest tests/integration/test_wheel.py tests/integration/test_wheel_walk.py

check: .venv/dev.stamp ## lint, format and types
	@ruff check .
	@ruff format --check .
	@mypy

fix: .venv/dev.stamp ## repair what ruff can repair
	@ruff check --fix .
	@ruff format .

# No network, no process, no model of more than a few megabytes: what to run while one writes.
unit: .venv/dev.stamp ## the unit tests, in under two minutes
	@$(WITH) $(call quote,PYTEST) -- python -m pytest tests/unit --numprocesses $(call quote,PROCESSES) --dist loadgroup --no-loadscope-reorder

# Two tests at a time; PROCESSES=0 runs them one by one, in the process that a debugger sees. Of what takes longest it
# takes a part, drawn by a seed: tests/conftest.py.
SUITE = $(WITH) $(call quote,PYTEST) -- python -m pytest --numprocesses $(call quote,PROCESSES) --dist loadgroup --no-loadscope-reorder
TESTED := .venv/dev.stamp .venv-checkov/stamp node_modules/.package-lock.json tests/clients/node/node_modules/.package-lock.json check

test: $(TESTED) ## what is tested at each change, two tests at a time: PROCESSES=2
	@$(SUITE)

# The long form of `make test`: takes hours on two cores.
test-all: $(TESTED) ## everything that is tested
	@HUBLET_TESTS=all $(SUITE)

# Of the lines, how many ran in the tests' own processes. `python -m coverage report -m` names those that did not.
# Counting them takes half as long again.
coverage: $(TESTED) ## make test, and the share of lines that it runs
	@$(SUITE) --cov --cov-report=
	@echo "coverage: $$(python -m coverage report --format=total) % of lines"

# What `make test` saw failing, once more and alone: tells a machine that was too busy from a fault. Stops at the first
# that fails again; with none to try, it fails too.
retest: .venv/dev.stamp ## run what failed in make test once more, alone
	@HUBLET_TESTS=all $(WITH) $(call quote,PYTEST) -- python -m pytest --last-failed --last-failed-no-failures none --exitfirst --numprocesses 1 \
		--dist loadgroup --no-loadscope-reorder

# The long form of tests/integration/test_fuzz.py: so many requests to every function. Then so many at the corners of
# all limits, each of which takes seconds: CORNERS=10000 takes days.
fuzz: .venv/dev.stamp node_modules/.package-lock.json ## send 10,000 requests to every function, then large ones: CORNERS=100
	@HUBLET_FUZZ=10000 python -m pytest tests/integration/test_fuzz.py
	@HUBLET_CORNERS=$(call quote,CORNERS) python -m pytest tests/integration/test_corners.py -s

# All of tests/integration/test_hostile_repositories.py, where the tests take a few kinds.
hostile: .venv/dev.stamp ## download and convert every kind of hostile repository
	@HUBLET_HOSTILE=all python -m pytest tests/integration/test_hostile_repositories.py

# The long form of tests/integration/test_media_fuzz.py: so many damaged pictures and recordings.
media: .venv/dev.stamp ## decode 10,000 damaged pictures and recordings
	@HUBLET_MEDIA=10000 python -m pytest tests/integration/test_media_fuzz.py -s

# The long form of tests/integration/test_structured_output.py: so many random JSON schemas, each followed by the chat model.
schemas: .venv/dev.stamp node_modules/.package-lock.json ## have the chat model follow 300 random JSON schemas
	@HUBLET_SCHEMAS=300 python -m pytest tests/integration/test_structured_output.py

# Every client of tests/clients, asked for all that it can do; tests/integration/test_clients.py takes a few of these.
# CLIENTS=openai,haystack picks some; DOCUMENTS=1 also writes docs/clients.md.
clients: .venv/dev.stamp .venv-clients/stamp tests/clients/node/node_modules/.package-lock.json node_modules/.package-lock.json ## ask every client that people have: CLIENTS=openai,haystack
	@python -m tests.clients.run $(if $(value CLIENTS),--clients $(call quote,CLIENTS)) $(if $(value DOCUMENTS),--documents)

# The long form of tests/cache/test_crowd.py: environments are killed and frozen at random in so many rounds, a tenth as
# many with a real conversion, and as many of the relay; then 64 meet where flock does not work, and 1,000 start without a Hub. CHAOS_SEED=... ROUNDS=... runs the same rounds again.
chaos: .venv/dev.stamp ## kill and freeze environments at random: ROUNDS=200
	@python -m tests.support.cluster.chaos --rounds $(call quote,ROUNDS) $(if $(value CHAOS_SEED),--seed $(call quote,CHAOS_SEED))
	@python -m tests.support.cluster.chaos --converted --rounds $(call quote,ROUNDS) $(if $(value CHAOS_SEED),--seed $(call quote,CHAOS_SEED))
	@python -m tests.support.relay.chaos --rounds $(call quote,ROUNDS) $(if $(value CHAOS_SEED),--seed $(call quote,CHAOS_SEED))
	@HUBLET_CROWD=64 HUBLET_COLD_STARTS=1000 python -m pytest tests/cache/test_crowd.py -k "flock or cold_starts"

# The long form of tests/integration/test_batch.py: so many lines, environments killed and the command stopped.
batch-chaos: .venv/dev.stamp node_modules/.package-lock.json ## a batch of 100,000 lines through kills and stops: LINES=100000
	@python -m tests.support.batch_chaos $(if $(value LINES),--lines $(call quote,LINES))

# checkov and cfn-lint over all nine modes of the stack, where the tests take three.
scan: .venv/dev.stamp .venv-checkov/stamp ## checkov and cfn-lint over every mode of the stack
	@HUBLET_SCAN=all python -m pytest tests/infrastructure -k "checkov or lint"

# Six functions under load on this machine, then ten times that; times are judged from 30 minutes on.
load: .venv/dev.stamp synth ## load on six functions: MINUTES=30
	@python -m bench.load.run --minutes $(call quote,MINUTES)

# MODELS=... picks models, PAIRS=n says how often contenders take turns, DOCUMENTS=1 also writes docs/bench.
bench: .venv/dev.stamp ## compare speed and memory with the usual libraries
	@python -m bench.speed.compare $(if $(value MODELS),--models $(call quote,MODELS)) $(if $(value PAIRS),--pairs $(call quote,PAIRS)) \
		$(if $(value DOCUMENTS),--documents)

# The workshop's experiments: make experiment NAME=sizes, fitting or distillation
experiment: .venv/dev.stamp ## one of the workshop's experiments: NAME=sizes
	@python -m bench.experiments $(call quote,NAME) --folder $(call quote,EXPERIMENTS) $(if $(value TINY),--tiny)

# The workshop's pictures, from the experiments.
experiments: .venv/dev.stamp ## draw all of the workshop's pictures
	@for name in sizes fitting distillation; do python -m bench.experiments $$name --folder docs/pictures || exit; done

# PAIRS=n says how often the sides take turns.
bench-lists: .venv/dev.stamp ## lists of texts: on each thread, one by one, and by torch in batches
	@python -m bench.speed.lists $(if $(value PAIRS),--pairs $(call quote,PAIRS))

# PAIRS=n says how often the sides take turns.
bench-stream: .venv/dev.stamp ## the first token of a stream, those after it, and a second turn
	@python -m bench.speed.streaming $(if $(value PAIRS),--pairs $(call quote,PAIRS))

# TASKS=chat,speech picks functions, CACHE=build/cache keeps the prepared models.
bench-memory: .venv/dev.stamp ## what a function still holds after its largest request
	@python -m bench.speed.memory $(if $(value TASKS),--tasks $(call quote,TASKS)) $(if $(value CACHE),--cache $(call quote,CACHE))

# MODEL=... picks a case of the benchmark, PAIRS=n says how often the two ways take turns.
bench-relay: .venv/dev.stamp synth ## the first-ever call through the relay, next to the direct way
	@python -m bench.speed.first_call $(if $(value MODEL),--model $(call quote,MODEL)) $(if $(value PAIRS),--pairs $(call quote,PAIRS))

# What only an account can show of the relay: events, cold starts, copying. For a deployed stack.
account-probe: .venv/run.stamp ## measure the relay of a deployed stack: TASK=spam TIMES=20
	@python -m bench.account.probe --outputs $(call quote,OUTPUTS) $(if $(value TASK),--task $(call quote,TASK)) $(if $(value TIMES),--times $(call quote,TIMES))

# Whether the answers of chat come as they are written: of make serve, or with DEPLOYED=1 of the deployed stack.
stream-probe: .venv/run.stamp ## measure whether answers stream: PORT=8080, or DEPLOYED=1
	@python -m bench.account.stream_probe $(if $(value DEPLOYED),--deployed $(call quote,OUTPUTS),$(if $(value PORT),--port $(call quote,PORT)))

# What the stack costs a month: make cost TASK=sentiment RPS=0.1 [SECONDS_PER_CALL=0.1] [CONTEXT="-c egress=nat"]
# LINES=1000000 shows what a file of so many lines costs once, as a batch and otherwise.
# SOURCES=1 names the pages of the prices; README=1 writes the tables of README.md and docs/costs.md instead.
cost: synth ## what the stack costs a month: TASK=sentiment RPS=0.1
	@python -m bench.cost.monthly $(if $(value TASK),--task $(call quote,TASK)) $(if $(value RPS),--rps $(call quote,RPS)) \
		$(if $(value SECONDS_PER_CALL),--seconds-per-call $(call quote,SECONDS_PER_CALL)) \
		$(if $(value LINES),--lines $(call quote,LINES)) $(if $(value SOURCES),--sources) $(if $(value README),--readme)

# Resolve pyproject.toml again, and ask for the base image's digest and torch's hashes. CUDA packages are left out: serving is on CPUs, where torch needs none of them.
pins: .venv/dev.stamp ## resolve pyproject.toml into the requirements files
	@python -m local.commands.pins

# What the two images hold, for scanners: CycloneDX, from the pinned requirements, the same bytes each time.
sbom: .venv/dev.stamp ## write a bill of materials for each image to build/
	@mkdir -p build
	@for image in serve full; do \
		list=docker/requirements$$(test $$image = serve && echo -serve).txt; \
		python -W ignore -m cyclonedx_py requirements $$list --pyproject pyproject.toml \
			--output-reproducible --output-file build/sbom-$$image.json || exit; \
	done

# The console test events, from the tasks' examples.
events: .venv/run.stamp ## write the console test events
	@python -m local.commands.events

# The pictures, from their text.
diagrams: node_modules/.package-lock.json ## draw the diagrams
	@node docs/diagrams/render.mjs

clean: ## remove what was built and installed
	rm -rf build dist .venv .venv-checkov .venv-clients node_modules tests/clients/node/node_modules

.venv/bin/python:
	@$(call quote,PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 1; }
	@$(call quote,PYTHON) -m venv .venv

.venv/run.stamp: .venv/bin/python requirements.txt requirements-models.txt
	@TORCH_INDEX=$(call quote,TORCH_INDEX) python -m local.commands.install run
	@touch $@

.venv/ui.stamp: .venv/run.stamp requirements-ui.txt
	@python -m local.commands.install ui
	@touch $@

.venv/dev.stamp: .venv/ui.stamp requirements-dev.txt
	@$(STEP) "installing what it takes to test" --log dev -- python -m pip install --no-compile -r requirements-dev.txt
	@touch $@

# checkov pins old versions of what we use newer ones of, so it has an environment to itself.
.venv-checkov/stamp: .venv/bin/python requirements-checkov.txt
	@.venv/bin/python -m venv .venv-checkov
	@$(STEP) "installing checkov" --log checkov -- .venv-checkov/bin/python -m pip install -r requirements-checkov.txt
	@touch $@

# Clients that people have pin each other's versions, so they have an environment to themselves.
.venv-clients/stamp: .venv/bin/python requirements-clients.txt
	@.venv/bin/python -m venv .venv-clients
	@$(STEP) "installing clients (1 GB)" --log clients -- .venv-clients/bin/python -m pip install -r requirements-clients.txt
	@touch $@

tests/clients/node/node_modules/.package-lock.json: tests/clients/node/package-lock.json .venv/run.stamp
	@$(STEP) "installing clients for JavaScript" --log npm-clients -- npm ci --prefix tests/clients/node --no-audit --no-fund
	@touch $@

node_modules/.package-lock.json: package-lock.json .venv/run.stamp
	@$(STEP) "installing the CDK command line" --log npm -- npm ci --no-audit --no-fund
	@touch $@
