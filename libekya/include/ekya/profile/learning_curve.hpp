#pragma once
#include <span>

namespace ekya {

/// One measured accuracy.
struct CurvePoint {
    double epochs = 0;    ///< trained so far; >= 0
    double accuracy = 0;  ///< in [0, 1]
    double weight = 1;    ///< in the sum of squares; >= 0
};

/// How accuracy grows with training: accuracy(e) = 1 - (1 / (b0 e + b1) + b2), all b >= 0.
/// Source: Peng et al., "Optimus", EuroSys 2018; Ekya §4.3.
struct LearningCurve {
    double b0 = 0;         ///< speed of learning; 0 = flat
    double b1 = 1;         ///< where it starts
    double b2 = 0;         ///< error that no training removes
    double rms_error = 0;  ///< of the points it was fitted to, weighted, in accuracy

    /// @return accuracy after so many epochs, clipped to [0, 1]
    [[nodiscard]] double accuracy(double epochs) const;
};

/// Fits the curve to points by least squares in accuracy, with non-negative coefficients.
///
/// For a given b2 the equation is linear in b0 and b1, which have a closed form; Gauss-Newton steps
/// then correct for the transformed errors. b2 is searched on a grid and refined by golden section.
/// A few epochs say little about b2: it is drawn weakly to half of the error that is left at the
/// best point, which decides where the points do not, as with one or two of them. Points that do
/// not rise give a flat curve at their mean.
/// @throws DomainError if there are no points, if a field is out of range, or if all weights are 0
[[nodiscard]] LearningCurve fit_learning_curve(std::span<const CurvePoint> points);

}  // namespace ekya
