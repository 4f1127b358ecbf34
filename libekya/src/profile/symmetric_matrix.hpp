#pragma once
#include <cstddef>
#include <vector>

namespace ekya {

/// A small symmetric positive definite matrix, kept as its lower triangle. Private to the module.
class SymmetricMatrix {
public:
    explicit SymmetricMatrix(std::size_t size = 0) : size_(size), values_(size * size, 0) {}

    [[nodiscard]] double& at(std::size_t row, std::size_t column) {
        return values_[index(row, column)];
    }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values_[index(row, column)];
    }
    [[nodiscard]] std::vector<double> times(const std::vector<double>& vector) const;
    /// By Cholesky factors. @throws DomainError if the matrix is not positive definite
    [[nodiscard]] SymmetricMatrix inverse() const;

private:
    [[nodiscard]] std::size_t index(std::size_t row, std::size_t column) const {
        return row >= column ? row * size_ + column : column * size_ + row;
    }
    std::size_t size_;
    std::vector<double> values_;
};

}  // namespace ekya
