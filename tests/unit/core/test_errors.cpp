#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ekya/core/errors.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using ekya::test::message_of;

TEST_CASE("require_in_range: both ends belong to the range") {
    CHECK_NOTHROW(require_in_range("share", 0, 0, 1));
    CHECK_NOTHROW(require_in_range("share", 1, 0, 1));
    CHECK_NOTHROW(require_in_range("share", 0.5, 0, 1));
}

TEST_CASE("require_in_range: outside, NaN and infinity are named with the range") {
    CHECK_THROWS_WITH_AS(require_in_range("share", 1.3, 0, 1), "share: 1.3 is not in [0, 1]",
                         DomainError);
    CHECK_THROWS_WITH_AS(require_in_range("share", -0.5, 0, 1), "share: -0.5 is not in [0, 1]",
                         DomainError);
    CHECK_THROWS_WITH_AS(require_in_range("share", std::nan(""), 0, 1),
                         "share: nan is not in [0, 1]", DomainError);
    CHECK_THROWS_AS(require_in_range("share", std::numeric_limits<double>::infinity(), 0, 1),
                    DomainError);
    CHECK_THROWS_AS(require_in_range("share", -std::numeric_limits<double>::infinity(), 0, 1),
                    DomainError);
}

TEST_CASE("require_in_range: a value just outside is told apart from the end of the range") {
    CHECK(message_of<DomainError>([] { require_in_range("share", 1.0000001, 0, 1); }) ==
          "share: 1.0000001 is not in [0, 1]");
}

namespace {

template <typename E> std::string in_context() {
    return message_of<E>([] { with_context("file", [] { throw E("what"); }); });
}

}  // namespace

TEST_CASE("with_context: the context goes in front, the type stays") {
    CHECK(in_context<DomainError>() == "file: what");
    CHECK(in_context<InputError>() == "file: what");
    CHECK(in_context<ConfigError>() == "file: what");
    CHECK(in_context<SystemError>() == "file: what");
}

TEST_CASE("with_context: contexts add up outwards; the value comes back; foreign errors pass") {
    CHECK(message_of<InputError>([] {
              with_context("outer",
                           [] { with_context("inner", [] { throw InputError("what"); }); });
          }) == "outer: inner: what");
    CHECK(with_context("file", [] { return 7; }) == 7);
    CHECK(message_of<std::logic_error>(
              [] { with_context("file", [] { throw std::logic_error("bug"); }); }) == "bug");
}

TEST_CASE("with_context: what carries data of its own passes with it") {
    CHECK_THROWS_AS(with_context("file", [] { throw Interrupted(15); }), Interrupted);
    CHECK_THROWS_AS(with_context("file", [] { throw PartialFailure({"a"}); }), PartialFailure);
}

TEST_CASE("Interrupted and PartialFailure: what they carry, and in words") {
    const Interrupted interrupted(15);
    CHECK(interrupted.signal == 15);
    CHECK(std::string(interrupted.what()) == "interrupted by signal 15");
    const PartialFailure failure({"a", "b"});
    CHECK(failure.streams == std::vector<std::string>{"a", "b"});
    CHECK(std::string(failure.what()) == "failed streams: a, b");
}
