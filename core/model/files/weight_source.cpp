#include "model/files/weight_source.h"

#include <ATen/Parallel.h>

#include "base/text.h"
#include "formats/float_codec.h"
#include "formats/refusals.h"

namespace skd {
namespace {

/// Decodes with all threads: each takes a run of whole blocks.
Result<at::Tensor> decode(const TensorView& view, std::span<const std::byte> bytes,
                          at::IntArrayRef shape) {
    at::Tensor out = at::empty(shape, at::kFloat);
    const std::int64_t perBlock = storageBlock(view.type).values, blocks = out.numel() / perBlock;
    const std::size_t blockBytes = blocks > 0 ? bytes.size() / static_cast<std::size_t>(blocks) : 0;
    auto* target = out.data_ptr<float>();
    SKD_CHECK(decodeFloats(view.type, bytes.first(0), std::span<float>(target, 0)));  // type known?
    at::parallel_for(
        0, blocks, std::max<std::int64_t>(1, 32768 / perBlock),
        [&](std::int64_t begin, std::int64_t end) {
            const auto part = bytes.subspan(static_cast<std::size_t>(begin) * blockBytes,
                                            static_cast<std::size_t>(end - begin) * blockBytes);
            // The type was accepted above and the sizes match, so this cannot fail.
            (void)decodeFloats(
                view.type, part,
                {target + begin * perBlock, static_cast<std::size_t>((end - begin) * perBlock)});
        });
    return out;
}

}  // namespace

Result<at::Tensor> WeightSource::read(const Slice& slice) {
    const TensorView* view = find(slice.name);
    if (view == nullptr)
        return fail(ErrorCode::NotFound,
                    strCat("the tensor ", slice.name, " is missing from the model"));
    std::vector<std::int64_t> whole = slice.shape;
    if (slice.wholeRows > 0) whole[0] = slice.wholeRows;
    if (view->shape != whole)
        return corrupt(slice.name, " has the shape ", shapeText(view->shape),
                       ", but the config needs ", shapeText(whole));
    m_used.insert(view->name);
    const std::size_t rowBytes = view->bytes.size() / static_cast<std::size_t>(whole[0]);
    const auto bytes = view->bytes.subspan(static_cast<std::size_t>(slice.firstRow) * rowBytes,
                                           static_cast<std::size_t>(slice.shape[0]) * rowBytes);
    SKD_TRY(at::Tensor decoded, located(decode(*view, bytes, slice.shape), slice.name));
    if (!at::isfinite(decoded).all().item<bool>())
        return fail(ErrorCode::Numeric,
                    strCat(slice.name,
                           " holds values that are not finite; get an intact copy of the model"));
    return restore(slice.name, std::move(decoded));
}

Status WeightSource::checkAllUsed() const {
    for (const TensorView& view : all())
        if (m_used.count(view.name) == 0 && !isIgnorable(view.name))
            return corrupt("the model holds the tensor ", displayName(view.name),
                           ", which its architecture does not have; config and weights do not "
                           "belong together");
    return {};
}

}  // namespace skd
