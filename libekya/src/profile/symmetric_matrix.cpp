#include "symmetric_matrix.hpp"

#include <cmath>

#include "ekya/core/errors.hpp"

namespace ekya {

std::vector<double> SymmetricMatrix::times(const std::vector<double>& vector) const {
    std::vector<double> product(size_, 0);
    for (std::size_t i = 0; i < size_; ++i)
        for (std::size_t j = 0; j < size_; ++j) product[i] += at(i, j) * vector[j];
    return product;
}

SymmetricMatrix SymmetricMatrix::inverse() const {
    // A = L L^T, then A^-1 = L^-T L^-1.
    SymmetricMatrix factor = *this;
    for (std::size_t j = 0; j < size_; ++j) {
        for (std::size_t k = 0; k < j; ++k) factor.at(j, j) -= factor.at(j, k) * factor.at(j, k);
        const double pivot = factor.at(j, j);
        if (!(pivot > 0)) throw DomainError("matrix: is not positive definite");
        factor.at(j, j) = std::sqrt(pivot);
        for (std::size_t i = j + 1; i < size_; ++i) {
            for (std::size_t k = 0; k < j; ++k)
                factor.at(i, j) -= factor.at(i, k) * factor.at(j, k);
            factor.at(i, j) /= factor.at(j, j);
        }
    }
    // L^-1 in place, column by column.
    for (std::size_t j = 0; j < size_; ++j) {
        factor.at(j, j) = 1 / factor.at(j, j);
        for (std::size_t i = j + 1; i < size_; ++i) {
            double sum = 0;
            for (std::size_t k = j; k < i; ++k) sum -= factor.at(i, k) * factor.at(k, j);
            factor.at(i, j) = sum / factor.at(i, i);
        }
    }
    SymmetricMatrix result(size_);
    for (std::size_t i = 0; i < size_; ++i)
        for (std::size_t j = 0; j <= i; ++j)
            for (std::size_t k = i; k < size_; ++k)
                result.at(i, j) += factor.at(k, i) * factor.at(k, j);
    return result;
}

}  // namespace ekya
