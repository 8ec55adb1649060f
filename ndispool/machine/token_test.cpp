#include "ndispool/machine/token.h"
#include <gtest/gtest.h>

namespace ndispool::machine {

TEST(Token, one_holder_at_a_time) {
    Token token;
    EXPECT_TRUE(token.try_take(false));
    EXPECT_FALSE(token.try_take(false));
    token.give();
    EXPECT_TRUE(token.try_take(false));
}

TEST(Token, a_reserved_token_goes_to_who_reserved_it) {
    Token token;
    ASSERT_TRUE(token.try_take(false));
    EXPECT_TRUE(token.reserve());
    EXPECT_FALSE(token.try_take(true)) << "it is still held";
    token.give();
    EXPECT_FALSE(token.try_take(false));
    EXPECT_TRUE(token.try_take(true));
    token.give();
    EXPECT_TRUE(token.try_take(false)) << "a reservation is for one turn";
}

TEST(Token, one_reservation_at_a_time) {
    Token token;
    EXPECT_TRUE(token.reserve());
    EXPECT_FALSE(token.reserve());
    token.drop_reservation();
    EXPECT_TRUE(token.try_take(false));
    EXPECT_TRUE(token.reserve());
}

TEST(Token, a_turn_ends_when_the_token_is_given_back) {
    Token token;
    EXPECT_TRUE(token.ended(token.turn())) << "nobody holds it";
    ASSERT_TRUE(token.try_take(false));
    const auto turn = token.turn();
    EXPECT_FALSE(token.ended(turn));
    token.give();
    EXPECT_TRUE(token.ended(turn));
    ASSERT_TRUE(token.try_take(false));
    EXPECT_TRUE(token.ended(turn)) << "another turn is not this one";
}

TEST(Token, a_reservation_does_not_end_a_turn) {
    Token token;
    ASSERT_TRUE(token.try_take(false));
    const auto turn = token.turn();
    ASSERT_TRUE(token.reserve());
    EXPECT_FALSE(token.ended(turn));
    const auto reserved_turn = token.turn();
    token.drop_reservation();
    EXPECT_FALSE(token.ended(reserved_turn));
    ASSERT_TRUE(token.reserve());
    token.give();
    ASSERT_TRUE(token.try_take(true));
    EXPECT_TRUE(token.ended(turn));
}

} // namespace ndispool::machine
