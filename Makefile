# SPDX-License-Identifier: GPL-2.0
#
# make help says what there is.  Everything built lies under build/.

BUILD	:= build
# Kernel to build for: a directory as /lib/modules/RELEASE/build points to
KERNEL	?= $(firstword $(wildcard $(BUILD)/kernels/6.1/build) /lib/modules/$(shell uname -r)/build)
# Kernels that must build without a warning: Debian 12's and its backports'
KERNELS	:= 6.1 6.12

release	= $(shell cat $(KERNEL)/include/config/kernel.release 2>/dev/null)
python	:= $(BUILD)/python
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(python)

.DEFAULT_GOAL := all

.PHONY: help
help:	## this text
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 30
	@echo "  KERNEL=DIR              kernel headers to build for (now $(KERNEL))"

.PHONY: all
all: modules tools	## the modules for one kernel, and the tools

.PHONY: gen
gen:
	@python3 xenstore-schema/generate.py --header $(BUILD)/gen/vmdq_xenstore.h \
		--table $(BUILD)/gen/vmdq_rules.h

.PHONY: modules
modules: gen	## vmdq.ko, vmdq_igb.ko and vmdq_netback.ko, in build/modules
	@netback/build-modules -i $(BUILD)/modules $(KERNEL) $(BUILD)/obj/$(or $(release),none)
	@echo "modules for $(release) are in $(BUILD)/modules"

.PHONY: modules-all-kernels
modules-all-kernels: $(addprefix modules-,$(KERNELS))	## for each supported kernel, warnings are errors

.PHONY: $(addprefix modules-,$(KERNELS))
$(addprefix modules-,$(KERNELS)): modules-%: gen
	@netback/build-modules -w $(BUILD)/kernels/$*/build $(BUILD)/obj/$*-strict
	@echo "modules for $* build without a warning"

.PHONY: tools
tools: gen	## vmdqctl, vmdqtop and the others, in build/tools
	@$(MAKE) --no-print-directory -s -C tools

.PHONY: deps
deps:	## install the packages that are missing, fetch the lab's parts into build/
	@tests/lab/install-deps
	@tests/lab/fetch

.PHONY: demo
demo: deps	## boot the lab and show guests receiving from their own pools
	@$(MAKE) --no-print-directory all
	@tests/lab/demo

.PHONY: lab
lab: deps	## boot the lab, to play in
	@$(MAKE) --no-print-directory all
	@tests/lab/play

.PHONY: check
check: deps	## all tests; the last line is "N passed, N failed"
	@tests/check

.PHONY: check-long
check-long: deps	## what takes minutes a test
	@$(MAKE) --no-print-directory -s all
	@tests/lab/run --suite long

.PHONY: check-hvm
check-hvm: deps	## PVH guests and live migration, on a hypervisor that is built for it
	@$(MAKE) --no-print-directory -s all
	@tests/lab/run --suite hvm

.PHONY: bench
bench: deps	## what a packet costs, against stock; QUICK=1: only to the guest
	@$(MAKE) --no-print-directory -s all
	@tests/bench/run $(if $(QUICK),--quick)

.PHONY: unit
unit: gen	## the tests that need no kernel
	@$(MAKE) --no-print-directory -s -C tests/unit check

.PHONY: style
style:	## checkpatch, sparse, shellcheck and the like
	@tests/style

.PHONY: parity
parity:	## docs/parity.md, from what the lab's tests said when they last ran
	@tests/lab/parity-page

.PHONY: clean
clean:	## remove what was built, keep what was fetched
	@rm -rf $(addprefix $(BUILD)/,check gen modules obj python style tools unit)
	@rm -rf $(BUILD)/lab/images $(BUILD)/lab/run-*

.PHONY: distclean
distclean:	## remove all of build/
	@rm -rf $(BUILD)
