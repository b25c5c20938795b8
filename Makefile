# The two commands of the README are `make demo` and `make test`; each works alone on a bare Debian 12.
# Everything else is Meson's: see meson.build.

BUILD ?= build
TEST_BUILD ?= build-test
DESTDIR ?=
PREFIX ?= /usr

all: packages
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=$(PREFIX) -Dbuildtype=release >/dev/null
	@meson compile -C $(BUILD) products

packages:
	@tools/install-packages

test: packages
	@tools/run-tests $(TEST_BUILD)

demo: all
	@meson compile -C $(BUILD) intruder service-run
	@demo/run $(BUILD)

bench: all
	@tools/run-bench $(BUILD)

lint: packages
	@tools/lint

install: all
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild >/dev/null

clean:
	rm -rf $(BUILD) $(TEST_BUILD) build-lint build-fuzz build-bench

.PHONY: all packages test demo bench lint install clean
