#pragma once

namespace ekya {

/// The marks of the answer to one sample, of all it could get. The score of several samples is
/// the sum of the one over the sum of the other. An object that was to be named: 1 or 0 of 1, which
/// makes the share answered rightly. A frame whose objects were to be found: twice the matched ones
/// of answers and objects together, which makes F1.
struct Grade {
    double earned = 0, possible = 1;
    int labels = 1;  ///< that the sample holds
};

}  // namespace ekya
