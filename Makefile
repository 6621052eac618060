# nines: make builds, make help lists the rest.
#
# Everything built lands in build/VARIANT. A variant is a compiler and its flags; `make VARIANT=asan test` builds and tests
# with another one without disturbing the first. New .c files are found by themselves.

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

ifeq ($(origin CC),default)
CC := gcc
endif
VARIANT ?= release
B := build/$(VARIANT)$(if $(MPI),-mpi)
Q := $(if $(V),,@)

# --- Variants -----------------------------------------------------------------------------------------------------------
OPT := -O2 -g
ifeq ($(VARIANT),asan)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -DNINES_ARENA_LIBC -DNINES_FILL
else ifeq ($(VARIANT),tsan)
OPT := -O1 -g -fsanitize=thread -DNINES_FILL
else ifeq ($(VARIANT),fill)
OPT := -O2 -g -DNINES_FILL
else ifeq ($(VARIANT),gcc-O0)
OPT := -O0 -g
else ifeq ($(VARIANT),clang)
CC := clang
else ifeq ($(VARIANT),fuzz)
CC := clang
# Not the depth of the stack, which hangs on where the system puts it: a fixed seed shall lead the same way everywhere.
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-coverage=stack-depth -fno-sanitize-recover=undefined -DNINES_ARENA_LIBC -DNINES_FILL
endif

# --- Flags --------------------------------------------------------------------------------------------------------------
# -ffp-contract=off: a fused multiply-add rounds once instead of twice, so results would depend on compiler and CPU.
LIBRARIES := gsl sqlite3 libconfig yaml-0.1 jansson sleef
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
CFLAGS += -std=c17 $(OPT) $(WARNINGS) $(WERROR) -ffp-contract=off -fno-math-errno -pthread
LDLIBS += $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm -pthread

# make MPI=1: the same program over the processes of an MPI job (docs/cluster.md), beside the one without, in build/release-mpi.
ifneq ($(MPI),)
CPPFLAGS += -DNINES_MPI=1 $(shell pkg-config --cflags ompi-c)
LDLIBS += $(shell pkg-config --libs ompi-c)
else
CPPFLAGS += -DNINES_MPI=0
endif

# --- Sources ------------------------------------------------------------------------------------------------------------
SOURCES := $(wildcard sim/*/*.c models/*/*.c models/clouds/*/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(B)/plots.o $(B)/page.o
TEST_SOURCES := $(wildcard tests/*/*.c)
TEST_PROGRAMS := $(TEST_SOURCES:%.c=$(B)/%)
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%_fuzz.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
BENCH_SOURCES := $(wildcard bench/*.c)
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(B)/%)

.PHONY: all
all: $(B)/nines ## build the program: build/release/nines (MPI=1: build/release-mpi/nines)

$(B)/nines: $(B)/models/nines.o $(B)/libnines.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libnines.a: $(OBJECTS)
	@echo "  AR    $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/%.c $(B)/libnines.a Makefile
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libnines.a $(LDLIBS) -lcmocka

# The same judges for libFuzzer: VARIANT=fuzz.
$(B)/fuzz/%: tests/fuzz/%_fuzz.c $(B)/libnines.a Makefile
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	$(Q)$(CC) $(CPPFLAGS) -DNINES_LIBFUZZER $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libnines.a $(LDLIBS) -lcmocka

$(B)/bench/%: bench/%.c $(B)/libnines.a Makefile
	@mkdir -p $(@D)
	@echo "  BENCH $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libnines.a $(LDLIBS)

# The commit and the flags go into every result; the file changes only when they do.
$(B)/commit.h: FORCE
	@mkdir -p $(@D)
	@printf '#define NINES_COMMIT "%s"\n' "$$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)" > $@.tmp
	@printf '#define NINES_FLAGS "%s"\n' '$(subst ",\",$(filter-out -W% -D%,$(CFLAGS)))' >> $@.tmp
	@cmp -s $@.tmp $@ && rm -f $@.tmp || mv -f $@.tmp $@
$(B)/sim/study/version.o: $(B)/commit.h
.PHONY: FORCE
FORCE:

# The charts' scripts, built in, so that the program draws wherever it is.
PLOTS := $(wildcard plots/*.gp)
$(B)/plots.c: $(PLOTS) plots/embed.sh
	@mkdir -p $(@D)
	$(Q)plots/embed.sh $(PLOTS) > $@.tmp && mv -f $@.tmp $@
# The report's style and script.
PAGE := sim/report/page.css sim/report/page.js
$(B)/page.c: $(PAGE) sim/report/embed.sh
	@mkdir -p $(@D)
	$(Q)sim/report/embed.sh $(PAGE) > $@.tmp && mv -f $@.tmp $@
$(B)/plots.o $(B)/page.o: $(B)/%.o: $(B)/%.c
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d) $(B)/models/nines.d $(TEST_PROGRAMS:=.d) $(FUZZ_PROGRAMS:=.d) $(BENCH_PROGRAMS:=.d)

# --- Tests --------------------------------------------------------------------------------------------------------------
.PHONY: test-programs test
test-programs: $(B)/nines $(TEST_PROGRAMS)

test: test-programs ## run every test of one variant (VARIANT=release|asan|tsan|fill|gcc-O0|clang)
	$(Q)tests/run.sh $(B)

.PHONY: check tidy demo install-build
check: ## install what the tests need and run them all, in every variant
	$(Q)tools/install.sh check
	$(Q)tests/check.sh

.PHONY: check-long fuzz-programs
check-long: ## campaigns that take hours: fuzzing and what else tests/check_long.sh lists (NINES_FUZZ_SECONDS=1800 for each target)
	$(Q)tools/install.sh check
	$(Q)tests/check_long.sh

fuzz-programs: $(FUZZ_PROGRAMS)

.PHONY: conformance
conformance: $(B)/nines $(patsubst %.c,$(B)/%,$(wildcard tests/conformance/*.c)) ## hold what others published against the code; or VECTORS=FOLDER alone
	$(Q)$(B)/tests/conformance/vectors $(VECTORS)
ifndef VECTORS
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP $(B)/tests/conformance/gpu_openb
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP $(B)/tests/conformance/gpu_checkpoint
	$(Q)NINES=$(B)/nines bash tests/conformance/place_command.sh
endif

tidy: ## who includes whom, headers on their own, cores that link with libc alone
	$(Q)tests/run.sh $(B) tidy/

# --- Speed --------------------------------------------------------------------------------------------------------------
.PHONY: bench bench-programs
bench-programs: $(BENCH_PROGRAMS)

bench: ## speed: event queue, failure and repair, each beside a bare loop on the same core; then the program as a whole
	$(Q)$(MAKE) --no-print-directory VARIANT=release all bench-programs
	$(Q)for source in $(BENCH_SOURCES); do build/release/$${source%.c} || exit; echo; done
	$(Q)bench/study.sh
	$(Q)bench/size.sh

# --- The July 2024 study ------------------------------------------------------------------------------------------------
demo: ## install what is missing, build, run the July 2024 study, print its table, draw its charts
	$(Q)tools/install.sh demo
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/demo.sh $(B)/nines

.PHONY: studies
studies: all ## run the counterfactual studies (ten minutes on two cores) and print what each concludes: tools/studies.sh
	$(Q)tools/studies.sh $(B)/nines

# --- The paper ----------------------------------------------------------------------------------------------------------
.PHONY: paper paper-smoke paper-seed
paper: ## the paper from nothing: studies, numbers, figures, page; first says how many minutes and gigabytes
	$(Q)tools/install.sh paper
	$(Q)$(MAKE) --no-print-directory all
	$(Q)paper/build.sh $(B)/nines

paper-smoke: ## the same way with few replications a study: two minutes
	$(Q)tools/install.sh paper
	$(Q)$(MAKE) --no-print-directory all
	$(Q)paper/build.sh $(B)/nines --smoke

paper-seed: paper ## do the verdicts of the paper stand under another seed? SEED=N; as long as the paper again
	$(Q)paper/build.sh $(B)/nines --seed $(or $(SEED),7)

# --- What is kept in the tree and made by the program --------------------------------------------------------------------
.PHONY: bless reference man install uninstall
bless: $(B)/nines reference ## write the golden files anew and show what changed; read it before committing
	$(Q)for script in tests/golden/*.sh; do \
	    NINES=$(B)/nines BUILD=$(B) BLESS=1 bash $$script | grep '^not ok' || true; done
	$(Q)git --no-pager diff --stat -- tests/golden docs scenarios/reference.cfg
	$(Q)git --no-pager diff -- tests/golden docs scenarios/reference.cfg

reference: $(B)/nines ## write scenarios/reference.cfg and docs/scenario.md: every key of every model
	$(Q)$(B)/nines validate --reference > $(B)/reference.cfg && mv -f $(B)/reference.cfg scenarios/reference.cfg
	$(Q)$(B)/nines validate --markdown > $(B)/scenario.md && mv -f $(B)/scenario.md docs/scenario.md

man: ## check the manual page
	$(Q)mandoc -T lint -W warning man/nines.1

# What install makes, under DESTDIR: the program with its manual page and completions, and the two cores as libraries for
# other programs, each with the parts of sim/base that it needs (examples/README.md).
PREFIX ?= /usr/local
TARGET = $(DESTDIR)$(PREFIX)
CORES := market gpu
CORE_BASE := $(B)/sim/base/arena.o $(B)/sim/base/check.o $(B)/sim/base/units.o
CORE_LIBRARIES := $(CORES:%=$(B)/libnines-%.a)
# Headers that only a core's own files need stay out.
INSIDE := %_inside.h models/gpu/cache.h models/gpu/score.h models/gpu/search.h models/market/adjust_book.h
CORE_HEADERS := $(filter-out $(INSIDE),$(foreach core,$(CORES),$(wildcard models/$(core)/*.h))) sim/base/arena.h sim/base/check.h sim/base/hash.h
VERSION = $(shell sed -n 's/^.define NINES_VERSION "\(.*\)"/\1/p' sim/study/version.h)

define core_library
$(B)/libnines-$(1).a: $(patsubst %.c,$(B)/%.o,$(wildcard models/$(1)/*.c)) $(CORE_BASE)
	@echo "  AR    $$@"
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach core,$(CORES),$(eval $(call core_library,$(core))))

install: $(B)/nines $(CORE_LIBRARIES) ## install program, manual page, completions, libraries and headers under PREFIX (/usr/local) of DESTDIR
	$(Q)install -d "$(TARGET)/bin" "$(TARGET)/share/man/man1" "$(TARGET)/lib/pkgconfig" \
	    "$(TARGET)/share/bash-completion/completions" "$(TARGET)/share/zsh/site-functions"
	$(Q)$(B)/nines --completion bash > "$(TARGET)/share/bash-completion/completions/nines"
	$(Q)$(B)/nines --completion zsh > "$(TARGET)/share/zsh/site-functions/_nines"
	$(Q)install -m 755 $(B)/nines "$(TARGET)/bin/nines"
	$(Q)install -m 644 man/nines.1 "$(TARGET)/share/man/man1/nines.1"
	$(Q)install -m 644 $(CORE_LIBRARIES) "$(TARGET)/lib"
	$(Q)for core in $(CORES); do \
	    sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' examples/nines-$$core.pc.in > "$(TARGET)/lib/pkgconfig/nines-$$core.pc" || exit; done
	$(Q)for header in $(CORE_HEADERS); do install -D -m 644 $$header "$(TARGET)/include/nines/$$header" || exit; done
	@echo "  installed under $(TARGET)"

uninstall: ## remove what install installed
	$(Q)rm -f "$(TARGET)/bin/nines" "$(TARGET)/share/man/man1/nines.1"
	$(Q)rm -f "$(TARGET)/share/bash-completion/completions/nines" "$(TARGET)/share/zsh/site-functions/_nines"
	$(Q)rm -f $(CORES:%="$(TARGET)/lib/libnines-%.a") $(CORES:%="$(TARGET)/lib/pkgconfig/nines-%.pc")
	$(Q)rm -rf "$(TARGET)/include/nines"

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
