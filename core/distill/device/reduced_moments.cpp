#include "distill/device/reduced_moments.h"

#include <algorithm>
#include <cmath>

namespace skd {
namespace {

/// Values that are widened at a time: 64 MiB of f32, some eight times.
constexpr std::int64_t kStretch = std::int64_t{1} << 24;
constexpr double kSignedCodes = 127, kPlainCodes = 255;
constexpr std::int64_t kSignedZero = 128;

std::int64_t paddedSize(std::int64_t size) {
    return (size + kMomentBlock - 1) / kMomentBlock * kMomentBlock;
}

at::Tensor blocksOf(const at::Tensor& values) {
    return values.view({-1, kMomentBlock});
}

}  // namespace

/// A part of a parameter that lies in a stretch.
struct ReducedMoments::Piece {
    std::size_t parameter = 0;
    std::int64_t begin = 0, count = 0;  ///< of its values
    std::int64_t place = 0;             ///< of the first one, in the stretch

    [[nodiscard]] at::Tensor of(const at::Tensor& tensor) const {
        return tensor.view({-1}).narrow(0, begin, count);
    }
};

at::Tensor momentDraws(std::int64_t begin, std::int64_t count, std::int64_t draw,
                       at::Device device) {
    constexpr std::int64_t kMask = 0xffffffffll;
    at::Tensor hash = at::arange(begin, begin + count, at::TensorOptions(at::kLong).device(device));
    hash.add_(draw * 1000003).bitwise_and_(kMask).mul_(2654435761ll).bitwise_and_(kMask);
    hash = hash.bitwise_xor(hash.bitwise_right_shift(15));
    hash.mul_(2246822519ll).bitwise_and_(kMask);
    hash = hash.bitwise_xor(hash.bitwise_right_shift(13));
    return hash.bitwise_and_(0xffffff).to(at::kFloat).mul_(1.0 / 16777216.0);
}

namespace {

/// The share of its block's scale that a code's magnitude stands for.
at::Tensor shareOf(const at::Tensor& magnitudes, bool isSigned) {
    const at::Tensor squares = (magnitudes / (isSigned ? kSignedCodes : kPlainCodes)).square_();
    return isSigned ? squares : squares.square();
}

}  // namespace

MomentCodes encodeMoments(const at::Tensor& values, const at::Tensor& draws, bool isSigned) {
    const double largest = isSigned ? kSignedCodes : kPlainCodes;
    const at::Tensor blocks = blocksOf(values), scales = blocks.abs().amax({1});
    const at::Tensor share = blocks.abs() / scales.clamp_min(1e-38).unsqueeze(1);
    at::Tensor codes = share.sqrt();
    if (!isSigned) codes.sqrt_();
    codes.mul_(largest).floor_();
    const at::Tensor low = shareOf(codes, isSigned), high = shareOf(codes + 1, isSigned);
    codes.add_(blocksOf(draws).lt((share - low) / (high - low))).clamp_max_(largest);
    if (isSigned)
        codes.mul_(blocks.sign()).add_(kSignedZero);
    else  // a second moment of 0 would make its step a large one
        codes = at::maximum(codes, blocks.gt(0).to(at::kFloat));
    return {codes.view({-1}).to(at::kByte), scales};
}

at::Tensor decodeMoments(const MomentCodes& codes, bool isSigned) {
    at::Tensor values = blocksOf(codes.codes).to(at::kFloat);
    if (isSigned) values.sub_(kSignedZero);
    at::Tensor shares = shareOf(values, isSigned);
    if (isSigned) shares.mul_(values.sign());
    return shares.mul_(codes.scales.unsqueeze(1)).view({-1});
}

at::Tensor roundedMoments(const at::Tensor& values, const at::Tensor& draws) {
    const at::Tensor bits = values.contiguous().view(at::kInt) + (draws * 65536.0).to(at::kInt);
    return bits.bitwise_and(-65536).view(at::kFloat).to(at::kBFloat16);
}

ReducedMoments::ReducedMoments(const std::vector<at::Tensor>& masters, MomentType type)
    : m_type(type), m_begins{0} {
    for (const at::Tensor& master : masters) {
        m_sizes.push_back(master.numel());
        m_begins.push_back(m_begins.back() + paddedSize(master.numel()));
    }
    const at::TensorOptions options =
        masters.empty() ? at::TensorOptions(at::kFloat) : masters.front().options();
    for (Moment* moment : {&m_means, &m_variances}) {
        const bool coded = type == MomentType::Int8;
        moment->values =
            at::empty({m_begins.back()}, options.dtype(coded ? at::kByte : at::kBFloat16));
        if (coded) moment->scales = at::empty({m_begins.back() / kMomentBlock}, options);
    }
    reset();
}

void ReducedMoments::reset() {
    const bool coded = m_type == MomentType::Int8;
    m_means.values.fill_(coded ? kSignedZero : 0);
    m_variances.values.zero_();
    if (!coded) return;
    m_means.scales.zero_();
    m_variances.scales.zero_();
}

std::vector<NamedTensor> ReducedMoments::state(std::size_t index, const std::string& name) const {
    const std::int64_t begin = m_begins[index], padded = m_begins[index + 1] - begin;
    std::vector<NamedTensor> tensors;
    for (const auto& [moment, suffix] :
         {std::pair(&m_means, ".exp_avg"), std::pair(&m_variances, ".exp_avg_sq")}) {
        tensors.push_back({name + suffix, moment->values.narrow(0, begin, padded)});
        if (m_type == MomentType::Int8)
            tensors.push_back(
                {name + suffix + ".scale",
                 moment->scales.narrow(0, begin / kMomentBlock, padded / kMomentBlock)});
    }
    return tensors;
}

at::Tensor ReducedMoments::read(const Moment& moment, std::int64_t begin, std::int64_t count,
                                bool isSigned) const {
    const at::Tensor values = moment.values.narrow(0, begin, count);
    if (m_type == MomentType::Bf16) return values.to(at::kFloat);
    return decodeMoments(
        {values, moment.scales.narrow(0, begin / kMomentBlock, count / kMomentBlock)}, isSigned);
}

void ReducedMoments::write(Moment& moment, std::int64_t begin, const at::Tensor& values,
                           std::int64_t draw, bool isSigned) const {
    const std::int64_t count = values.numel();
    const at::Tensor draws = momentDraws(begin, count, draw, values.device());
    at::Tensor target = moment.values.narrow(0, begin, count);
    if (m_type == MomentType::Bf16) {
        target.copy_(roundedMoments(values, draws));
        return;
    }
    const MomentCodes codes = encodeMoments(values, draws, isSigned);
    target.copy_(codes.codes);
    moment.scales.narrow(0, begin / kMomentBlock, count / kMomentBlock).copy_(codes.scales);
}

void ReducedMoments::stepStretch(const AdamWStep& step, const std::vector<Piece>& pieces,
                                 std::int64_t begin, std::int64_t count) {
    const AdamWOptions& options = step.options;
    const auto time = static_cast<double>(step.number);
    const double warming = 1 - std::pow(options.beta1, time),
                 root = std::sqrt(1 - std::pow(options.beta2, time));
    at::Tensor gradient = at::zeros({count}, step.masters.front().options());
    std::vector<at::Tensor> own, given, masters, lives, rounded;
    std::vector<at::Scalar> moves, shrinks;
    for (const Piece& piece : pieces) {
        const std::size_t i = piece.parameter;
        own.push_back(gradient.narrow(0, piece.place, piece.count));
        given.push_back(piece.of(step.gradients[i]));
        masters.push_back(piece.of(step.masters[i]));
        moves.emplace_back(-step.rates[i] / warming);
        shrinks.emplace_back(1 - step.rates[i] * step.decays[i]);
        if (step.lives[i].scalar_type() == at::kFloat) continue;
        lives.push_back(piece.of(step.lives[i]));
        rounded.push_back(masters.back());
    }
    at::_foreach_copy_(own, given);
    if (options.gradientScale != 1) gradient.mul_(options.gradientScale);
    at::Tensor mean = read(m_means, begin, count, true),
               variance = read(m_variances, begin, count, false);
    mean.mul_(options.beta1).add_(gradient, 1 - options.beta1);
    variance.mul_(options.beta2).addcmul_(gradient, gradient, 1 - options.beta2);
    // The gradient's place takes the step.
    gradient.copy_(mean / variance.sqrt().div_(root).add_(options.epsilon));
    write(m_means, begin, mean, 2 * step.number, true);
    write(m_variances, begin, variance, 2 * step.number + 1, false);
    at::_foreach_mul_(own, moves);
    at::_foreach_mul_(masters, shrinks);
    at::_foreach_add_(masters, own);
    if (!lives.empty()) at::_foreach_copy_(lives, rounded);
}

void ReducedMoments::step(const AdamWStep& step) {
    for (std::int64_t begin = 0; begin < m_begins.back(); begin += kStretch) {
        const std::int64_t end = std::min(begin + kStretch, m_begins.back());
        std::vector<Piece> pieces;
        for (std::size_t i = 0; i < m_sizes.size(); ++i) {
            const std::int64_t first = std::max(begin, m_begins[i]),
                               last = std::min(end, m_begins[i] + m_sizes[i]);
            if (first < last)
                pieces.push_back({i, first - m_begins[i], last - first, first - begin});
        }
        if (!pieces.empty()) stepStretch(step, pieces, begin, end - begin);
    }
}

}  // namespace skd
