/*
 * gpushare: share NVIDIA GPUs, from C++17. What a call does, and in which units, is said at the function of gpushare.h that it calls;
 * here stand the differences alone.
 *
 * Ownership. An object is a name or data and never changes, so copies of it own it together and a copy costs what a std::shared_ptr
 * costs; only `scoped`, whose end destroys something on the machine, can be moved and not copied. What is part of an object, such as a
 * GPU in a list, keeps it alive. An object that was moved from is null: it answers invalid_argument_error.
 *
 * Errors. What can fail throws `error` or, for a status of which this header knows, the `status_error` of that status.
 *
 * Threads. As gpushare.h says, and as std::shared_ptr does.
 */
#ifndef GPUSHARE_HPP
#define GPUSHARE_HPP

#include "gpushare.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gpushare {

class gpu;
class gpu_instance;
class gpu_instance_profile;
class compute_instance;
class compute_instance_profile;
class mig_device;
class event_set;
class observer;
class snapshot;
class device_files;
class mig_minors;
struct cdi_options;
struct slurm_gres;
struct slurm_options;

/// Who keeps a GPU or an instance from being changed, destroyed or reset.
struct holder {
    std::uint32_t kind; ///< GPUSHARE_HOLDER_...
    std::uint32_t id;
    std::optional<std::string> name;
    std::optional<std::string> path;
};

namespace detail {

inline std::optional<std::string> optional_text(const char *text) {
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

inline holder shown(const gpushare_holder_t *one) {
    return {one->kind, one->id, optional_text(one->name), optional_text(one->path)};
}

/// A number that is -1 where there is none.
template <typename Number>
std::optional<Number> optional_number(std::int64_t number) noexcept {
    return number < 0 ? std::nullopt : std::optional<Number>(static_cast<Number>(number));
}

inline std::string text(const char *text) { return text == nullptr ? std::string() : std::string(text); }

inline const char *c_text(const std::optional<std::string> &text) noexcept { return text ? text->c_str() : nullptr; }

/// Milliseconds that the library can be told.
inline std::uint32_t milliseconds(std::chrono::milliseconds time) noexcept {
    const auto count = time.count();
    return count < 0 ? 0 : count > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(count);
}

inline std::vector<std::uint32_t> pids(const gpushare_pid_list_t *list) {
    std::vector<std::uint32_t> all(gpushare_pid_list_len(list));
    for (std::size_t index = 0; index < all.size(); ++index) all[index] = gpushare_pid_list_get(list, index);
    return all;
}

/// A text of the caller's own.
inline std::string taken(char *given) {
    const std::unique_ptr<char, void (*)(char *)> owned(given, gpushare_string_free);
    return text(given);
}

} // namespace detail

/// What went wrong; what() says it for a person.
class error : public std::runtime_error {
public:
    explicit error(std::shared_ptr<const gpushare_error_t> given)
        : std::runtime_error(detail::text(gpushare_error_message(given.get()))), c_(std::move(given)) {}

    gpushare_status_t status() const noexcept { return gpushare_error_status(c_.get()); }
    std::optional<std::string> call() const { return detail::optional_text(gpushare_error_call(c_.get())); }
    std::optional<std::string> target() const { return detail::optional_text(gpushare_error_target(c_.get())); }
    bool restored() const noexcept { return gpushare_error_restored(c_.get()); }

    std::optional<std::uint32_t> nvml_return() const noexcept {
        const std::int32_t code = gpushare_error_nvml_return(c_.get());
        return code < 0 ? std::nullopt : std::optional<std::uint32_t>(static_cast<std::uint32_t>(code));
    }

    std::vector<holder> holders() const {
        std::vector<holder> all(gpushare_error_holder_count(c_.get()));
        for (std::size_t index = 0; index < all.size(); ++index) {
            all[index] = detail::shown(gpushare_error_holder(c_.get(), index));
        }
        return all;
    }

private:
    std::shared_ptr<const gpushare_error_t> c_;
};

/// An error of one status.
template <gpushare_status_t Status>
class status_error : public error {
public:
    using error::error;
};

using no_driver_error = status_error<GPUSHARE_ERROR_NO_DRIVER>;
using uninitialized_error = status_error<GPUSHARE_ERROR_UNINITIALIZED>;
using not_supported_error = status_error<GPUSHARE_ERROR_NOT_SUPPORTED>;
using no_permission_error = status_error<GPUSHARE_ERROR_NO_PERMISSION>;
using invalid_argument_error = status_error<GPUSHARE_ERROR_INVALID_ARGUMENT>;
using not_found_error = status_error<GPUSHARE_ERROR_NOT_FOUND>;
using stale_error = status_error<GPUSHARE_ERROR_STALE>;
using in_use_error = status_error<GPUSHARE_ERROR_IN_USE>;
using insufficient_resources_error = status_error<GPUSHARE_ERROR_INSUFFICIENT_RESOURCES>;
using infeasible_error = status_error<GPUSHARE_ERROR_INFEASIBLE>;
using reset_required_error = status_error<GPUSHARE_ERROR_RESET_REQUIRED>;
using gpu_lost_error = status_error<GPUSHARE_ERROR_GPU_LOST>;
using timeout_error = status_error<GPUSHARE_ERROR_TIMEOUT>;
using driver_error = status_error<GPUSHARE_ERROR_DRIVER>;
using panic_error = status_error<GPUSHARE_ERROR_PANIC>;

namespace detail {

template <gpushare_status_t... Known>
[[noreturn]] void fail(const std::shared_ptr<const gpushare_error_t> &failed) {
    const gpushare_status_t status = gpushare_error_status(failed.get());
    ((status == Known ? throw status_error<Known>(failed) : void()), ...);
    throw error(failed);
}

/// Calls a function that can fail.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
    gpushare_error_t *failed = nullptr;
    if (function(arguments..., &failed) == GPUSHARE_OK) return;
    fail<GPUSHARE_ERROR_NO_DRIVER, GPUSHARE_ERROR_UNINITIALIZED, GPUSHARE_ERROR_NOT_SUPPORTED, GPUSHARE_ERROR_NO_PERMISSION,
         GPUSHARE_ERROR_INVALID_ARGUMENT, GPUSHARE_ERROR_NOT_FOUND, GPUSHARE_ERROR_STALE, GPUSHARE_ERROR_IN_USE,
         GPUSHARE_ERROR_INSUFFICIENT_RESOURCES, GPUSHARE_ERROR_INFEASIBLE, GPUSHARE_ERROR_RESET_REQUIRED, GPUSHARE_ERROR_GPU_LOST,
         GPUSHARE_ERROR_TIMEOUT, GPUSHARE_ERROR_DRIVER, GPUSHARE_ERROR_PANIC>(
        std::shared_ptr<const gpushare_error_t>(failed, gpushare_error_free));
}

/// Calls a function that writes a value to its last place.
template <typename Value, typename Function, typename... Arguments>
Value ask(Function function, Arguments... arguments) {
    Value value{};
    call(function, arguments..., &value);
    return value;
}

/// The same for a struct with a size.
template <typename Struct, typename Function, typename... Arguments>
Struct fill(Function function, Arguments... arguments) {
    Struct value = gpushare_sized<Struct>();
    call(function, arguments..., &value);
    return value;
}

/// The same for an object.
template <typename Object, typename Function, typename... Arguments>
Object make(Function function, Arguments... arguments) {
    return Object(ask<typename Object::c_type *>(function, arguments...));
}

/// The same for a text.
template <typename Function, typename... Arguments>
std::string make_text(Function function, Arguments... arguments) {
    return taken(ask<char *>(function, arguments...));
}

/// The same for holders.
template <typename Function, typename C>
std::vector<holder> holders(Function function, const C *of) {
    const std::unique_ptr<gpushare_holder_list_t, void (*)(gpushare_holder_list_t *)> list(
        ask<gpushare_holder_list_t *>(function, of), gpushare_holder_list_free);
    std::vector<holder> all(gpushare_holder_list_len(list.get()));
    for (std::size_t index = 0; index < all.size(); ++index) all[index] = shown(gpushare_holder_list_get(list.get(), index));
    return all;
}

/// Something of gpushare.h that lives while an owner does.
template <typename C, void (*Free)(C *)>
class object {
public:
    using c_type = C;

    /// Takes over what a C function gave.
    explicit object(C *given) : c_(given, Free) {}

    /// A part of something, which it keeps alive.
    object(const std::shared_ptr<const void> &whole, const C *part) noexcept : c_(whole, part) {}

    /// For C functions; it lives as long as this does.
    const C *get() const noexcept { return c_.get(); }

protected:
    std::shared_ptr<const C> c_;
};

/// What is only ever part of something else.
template <typename C>
void free_with_owner(C *) noexcept {}

} // namespace detail

/// A list, which is a range with random access. Its elements are made as they are asked for.
template <typename T, typename C, void (*Free)(C *), auto Length, auto Element>
class list : public detail::object<C, Free> {
public:
    using value_type = T;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using detail::object<C, Free>::object;

    class iterator {
    public:
        struct arrow {
            T value;
            const T *operator->() const noexcept { return &value; }
        };
        using iterator_category = std::random_access_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using reference = T;
        using pointer = arrow;

        iterator() = default;
        iterator(const list *of, difference_type at) noexcept : list_(of), at_(at) {}

        T operator*() const { return (*list_)[static_cast<size_type>(at_)]; }
        arrow operator->() const { return {**this}; }
        T operator[](difference_type by) const { return *(*this + by); }
        iterator &operator++() noexcept { return *this += 1; }
        iterator &operator--() noexcept { return *this -= 1; }
        iterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
        iterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }
        iterator &operator+=(difference_type by) noexcept { at_ += by; return *this; }
        iterator &operator-=(difference_type by) noexcept { at_ -= by; return *this; }
        friend iterator operator+(iterator one, difference_type by) noexcept { return one += by; }
        friend iterator operator+(difference_type by, iterator one) noexcept { return one += by; }
        friend iterator operator-(iterator one, difference_type by) noexcept { return one -= by; }
        friend difference_type operator-(iterator one, iterator other) noexcept { return one.at_ - other.at_; }
        friend bool operator==(iterator one, iterator other) noexcept { return one.at_ == other.at_; }
        friend bool operator!=(iterator one, iterator other) noexcept { return one.at_ != other.at_; }
        friend bool operator<(iterator one, iterator other) noexcept { return one.at_ < other.at_; }
        friend bool operator>(iterator one, iterator other) noexcept { return one.at_ > other.at_; }
        friend bool operator<=(iterator one, iterator other) noexcept { return one.at_ <= other.at_; }
        friend bool operator>=(iterator one, iterator other) noexcept { return one.at_ >= other.at_; }

    private:
        const list *list_ = nullptr;
        difference_type at_ = 0;
    };
    using const_iterator = iterator;

    size_type size() const noexcept { return Length(this->get()); }
    bool empty() const noexcept { return size() == 0; }
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, static_cast<difference_type>(size())}; }

    /// `index` is less than the size.
    T operator[](size_type index) const {
        const auto *element = Element(this->get(), index);
        if constexpr (std::is_same_v<decltype(element), const T *>) {
            return *element;
        } else {
            return T(this->c_, element);
        }
    }

    /// Throws std::out_of_range beyond the last.
    T at(size_type index) const {
        if (index >= size()) throw std::out_of_range("index " + std::to_string(index) + " of a list of " + std::to_string(size()));
        return (*this)[index];
    }
};

/// A process that uses a GPU or MIG device.
class gpu_process : public detail::object<gpushare_gpu_process_t, detail::free_with_owner<gpushare_gpu_process_t>> {
public:
    using object::object;

    std::uint32_t pid() const noexcept { return gpushare_gpu_process_pid(get()); }
    std::uint32_t kinds() const noexcept { return gpushare_gpu_process_kinds(get()); } ///< GPUSHARE_PROCESS_...
    std::optional<std::uint64_t> used_memory() const noexcept {
        return detail::optional_number<std::uint64_t>(gpushare_gpu_process_used_memory(get()));
    }
    std::optional<std::uint32_t> gpu_instance() const noexcept {
        return detail::optional_number<std::uint32_t>(gpushare_gpu_process_gpu_instance(get()));
    }
    std::optional<std::uint32_t> compute_instance() const noexcept {
        return detail::optional_number<std::uint32_t>(gpushare_gpu_process_compute_instance(get()));
    }
    std::optional<std::string> name() const { return detail::optional_text(gpushare_gpu_process_name(get())); }
    std::optional<std::uint32_t> uid() const noexcept {
        return detail::optional_number<std::uint32_t>(gpushare_gpu_process_uid(get()));
    }
    std::optional<std::string> container() const { return detail::optional_text(gpushare_gpu_process_container(get())); }
    std::uint32_t mps_role() const noexcept { return gpushare_gpu_process_mps_role(get()); } ///< GPUSHARE_MPS_ROLE_...
    std::optional<std::uint32_t> mps_server() const noexcept {
        return detail::optional_number<std::uint32_t>(gpushare_gpu_process_mps_server(get()));
    }
    std::optional<std::uint32_t> mps_daemon() const noexcept {
        return detail::optional_number<std::uint32_t>(gpushare_gpu_process_mps_daemon(get()));
    }
    std::optional<std::string> mps_pipe_directory() const {
        return detail::optional_text(gpushare_gpu_process_mps_pipe_directory(get()));
    }
};

/// How busy a process kept a GPU, in percent; see gpushare_process_utilization_t.
using process_utilization = gpushare_process_utilization_t;

using process_utilization_list =
    list<process_utilization, gpushare_process_utilization_list_t, gpushare_process_utilization_list_free,
         gpushare_process_utilization_list_len, gpushare_process_utilization_list_get>;
using gpu_list = list<gpu, gpushare_gpu_list_t, gpushare_gpu_list_free, gpushare_gpu_list_len, gpushare_gpu_list_get>;
using gpu_process_list = list<gpu_process, gpushare_gpu_process_list_t, gpushare_gpu_process_list_free, gpushare_gpu_process_list_len,
                              gpushare_gpu_process_list_get>;
using gpu_instance_list = list<gpu_instance, gpushare_gpu_instance_list_t, gpushare_gpu_instance_list_free,
                               gpushare_gpu_instance_list_len, gpushare_gpu_instance_list_get>;
using gpu_instance_profile_list =
    list<gpu_instance_profile, gpushare_gpu_instance_profile_list_t, gpushare_gpu_instance_profile_list_free,
         gpushare_gpu_instance_profile_list_len, gpushare_gpu_instance_profile_list_get>;
using gpu_instance_placement_list =
    list<gpushare_gpu_instance_placement_t, gpushare_gpu_instance_placement_list_t, gpushare_gpu_instance_placement_list_free,
         gpushare_gpu_instance_placement_list_len, gpushare_gpu_instance_placement_list_get>;
using compute_instance_list = list<compute_instance, gpushare_compute_instance_list_t, gpushare_compute_instance_list_free,
                                   gpushare_compute_instance_list_len, gpushare_compute_instance_list_get>;
using compute_instance_profile_list =
    list<compute_instance_profile, gpushare_compute_instance_profile_list_t, gpushare_compute_instance_profile_list_free,
         gpushare_compute_instance_profile_list_len, gpushare_compute_instance_profile_list_get>;
using compute_instance_placement_list =
    list<gpushare_compute_instance_placement_t, gpushare_compute_instance_placement_list_t,
         gpushare_compute_instance_placement_list_free, gpushare_compute_instance_placement_list_len,
         gpushare_compute_instance_placement_list_get>;
using mig_device_list = list<mig_device, gpushare_mig_device_list_t, gpushare_mig_device_list_free, gpushare_mig_device_list_len,
                             gpushare_mig_device_list_get>;

/// The version of the loaded library.
inline std::string version() { return gpushare_version(); }

/// Nothing for a number that is no status.
inline std::optional<std::string> status_name(gpushare_status_t status) {
    return detail::optional_text(gpushare_status_name(status));
}

/// Nothing for a code that the library does not know.
inline std::optional<std::string> nvml_return_name(std::uint32_t code) {
    char *name = gpushare_nvml_return_name(code);
    return name == nullptr ? std::nullopt : std::optional<std::string>(detail::taken(name));
}

inline std::string nvml_return_description(std::uint32_t code) { return detail::taken(gpushare_nvml_return_description(code)); }

inline gpushare_profile_name_t parse_profile_name(const std::string &text) {
    return detail::ask<gpushare_profile_name_t>(gpushare_profile_name_parse, text.c_str());
}

inline std::string format_profile_name(const gpushare_profile_name_t &name) {
    return detail::make_text(gpushare_profile_name_format, &name);
}

inline std::uint32_t gpu_instance_profile_kind_attributes(std::uint32_t kind) noexcept {
    return gpushare_gpu_instance_profile_kind_attributes(kind);
}

inline bool overlap(gpushare_gpu_instance_placement_t one, gpushare_gpu_instance_placement_t other) noexcept {
    return gpushare_gpu_instance_placements_overlap(one, other);
}

inline bool overlap(gpushare_compute_instance_placement_t one, gpushare_compute_instance_placement_t other) noexcept {
    return gpushare_compute_instance_placements_overlap(one, other);
}

class gpu_instance_profile : public detail::object<gpushare_gpu_instance_profile_t, gpushare_gpu_instance_profile_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static gpu_instance_profile clone(const c_type *lent) {
        return gpu_instance_profile(gpushare_gpu_instance_profile_clone(lent));
    }

    std::string name() const { return detail::text(gpushare_gpu_instance_profile_name(get())); }
    gpushare_gpu_instance_profile_info_t info() const {
        return detail::fill<gpushare_gpu_instance_profile_info_t>(gpushare_gpu_instance_profile_info, get());
    }
};

class compute_instance_profile
    : public detail::object<gpushare_compute_instance_profile_t, gpushare_compute_instance_profile_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static compute_instance_profile clone(const c_type *lent) {
        return compute_instance_profile(gpushare_compute_instance_profile_clone(lent));
    }

    std::string name() const { return detail::text(gpushare_compute_instance_profile_name(get())); }
    gpushare_compute_instance_profile_info_t info() const {
        return detail::fill<gpushare_compute_instance_profile_info_t>(gpushare_compute_instance_profile_info, get());
    }
};

class capability : public detail::object<gpushare_capability_t, gpushare_capability_free> {
public:
    using object::object;

    /// Without a compute instance, the GPU instance's own.
    static std::uint32_t minor_number_of(std::uint32_t gpu_minor, std::uint32_t gpu_instance,
                                         std::uint32_t compute_instance = GPUSHARE_NO_COMPUTE_INSTANCE) {
        return detail::ask<std::uint32_t>(gpushare_capability_minor_of, gpu_minor, gpu_instance, compute_instance);
    }

    std::string file() const { return detail::text(gpushare_capability_file(get())); }
    std::string node() const { return detail::text(gpushare_capability_node(get())); }
    std::uint32_t minor_number() const noexcept { return gpushare_capability_minor(get()); }
    std::uint32_t mode() const noexcept { return gpushare_capability_mode(get()); }
};

/// Both that a process needs for a MIG device.
struct mig_device_capabilities {
    capability gpu_instance;
    capability compute_instance;
};

class layout : public detail::object<gpushare_layout_t, gpushare_layout_free> {
public:
    using object::object;

    static layout parse(const std::string &text) { return detail::make<layout>(gpushare_layout_parse, text.c_str()); }
    static layout from_json(const std::string &json) { return detail::make<layout>(gpushare_layout_from_json, json.c_str()); }

    std::string to_string() const { return detail::make_text(gpushare_layout_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_layout_to_json, get()); }
    friend bool operator==(const layout &one, const layout &other) noexcept { return gpushare_layout_equal(one.get(), other.get()); }
    friend bool operator!=(const layout &one, const layout &other) noexcept { return !(one == other); }
};

class mig_geometry : public detail::object<gpushare_mig_geometry_t, gpushare_mig_geometry_free> {
public:
    using object::object;

    static mig_geometry from_json(const std::string &json) {
        return detail::make<mig_geometry>(gpushare_mig_geometry_from_json, json.c_str());
    }

    std::uint32_t memory_slices() const noexcept { return gpushare_mig_geometry_memory_slices(get()); }
    std::string to_json() const { return detail::make_text(gpushare_mig_geometry_to_json, get()); }
};

/// A compute instance of a mig_state.
struct compute_instance_state {
    std::uint32_t id;
    gpushare_compute_instance_placement_t placement;
    std::string profile;
    std::string uuid;
    std::size_t process_count;
    bool in_use;
};

/// A GPU instance of a mig_state.
struct gpu_instance_state {
    std::uint32_t id;
    gpushare_gpu_instance_placement_t placement;
    std::string profile;
    bool in_use;
    std::vector<compute_instance_state> compute_instances;
};

class mig_state : public detail::object<gpushare_mig_state_t, gpushare_mig_state_free> {
public:
    using object::object;

    static mig_state from_json(const std::string &json) { return detail::make<mig_state>(gpushare_mig_state_from_json, json.c_str()); }

    gpushare_mig_mode_t mode() const { return detail::ask<gpushare_mig_mode_t>(gpushare_mig_state_mode, get()); }

    /// By ascending id.
    std::vector<gpu_instance_state> gpu_instances() const {
        std::vector<gpu_instance_state> all;
        for (std::size_t index = 0; index < gpushare_mig_state_gpu_instance_count(get()); ++index) {
            const gpushare_gpu_instance_state_t *one = gpushare_mig_state_gpu_instance(get(), index);
            all.push_back({one->id, one->placement, detail::text(one->profile), one->in_use, compute_instances(index)});
        }
        return all;
    }

    bool same_division(const mig_state &other) const noexcept { return gpushare_mig_state_same_division(get(), other.get()); }
    gpushare::layout layout() const { return detail::make<gpushare::layout>(gpushare_mig_state_layout, get()); }
    gpushare::layout without_orphans() const { return detail::make<gpushare::layout>(gpushare_mig_state_without_orphans, get()); }
    std::string to_string() const { return detail::make_text(gpushare_mig_state_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_mig_state_to_json, get()); }

private:
    std::vector<compute_instance_state> compute_instances(std::size_t gpu_instance) const {
        std::vector<compute_instance_state> all;
        while (const auto *one = gpushare_mig_state_compute_instance(get(), gpu_instance, all.size())) {
            all.push_back({one->id, one->placement, detail::text(one->profile), detail::text(one->uuid), one->process_count, one->in_use});
        }
        return all;
    }
};

/// What a plan may do.
struct plan_options {
    bool destroy_in_use = false;

    gpushare_plan_options_t c() const noexcept {
        gpushare_plan_options_t options = GPUSHARE_PLAN_OPTIONS_INIT;
        options.destroy_in_use = destroy_in_use;
        return options;
    }
};

class plan : public detail::object<gpushare_plan_t, gpushare_plan_free> {
public:
    using object::object;

    /// From data alone.
    static plan make(const mig_geometry &geometry, const mig_state &state, const layout &wanted, const plan_options &options = {}) {
        const gpushare_plan_options_t c = options.c();
        return detail::make<plan>(gpushare_plan_new, geometry.get(), state.get(), wanted.get(), &c);
    }
    static plan from_json(const std::string &json) { return detail::make<plan>(gpushare_plan_from_json, json.c_str()); }

    std::vector<gpushare_plan_step_t> steps() const {
        std::vector<gpushare_plan_step_t> all;
        for (std::size_t index = 0; index < gpushare_plan_step_count(get()); ++index) all.push_back(*gpushare_plan_step(get(), index));
        return all;
    }
    std::string to_string() const { return detail::make_text(gpushare_plan_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_plan_to_json, get()); }
};

/// How to carry out a plan.
struct apply_options {
    std::uint32_t flags = 0; ///< GPUSHARE_APPLY_...
    std::optional<std::string> directory; ///< Nothing for the library's own.
    std::uint32_t reset = GPUSHARE_RESET_NEVER; ///< GPUSHARE_RESET_...; a function needs no saying.
    /// Resets the GPU; what it throws is the reason why it could not.
    std::function<void(const gpu &)> reset_function;

    /// The same for C, as long as this lives.
    gpushare_apply_options_t c() const noexcept;
};

/// What came of a plan that was carried out.
class applied : public detail::object<gpushare_applied_t, gpushare_applied_free> {
public:
    using object::object;

    mig_device_list made() const { return {c_, gpushare_applied_made(get())}; }
    mig_device_list kept() const { return {c_, gpushare_applied_kept(get())}; }

    /// The UUIDs of the MIG devices that are gone.
    std::vector<std::string> destroyed() const {
        std::vector<std::string> all;
        for (std::size_t index = 0; index < gpushare_applied_destroyed_count(get()); ++index) {
            all.emplace_back(gpushare_applied_destroyed(get(), index));
        }
        return all;
    }
};

/// In what a GPU differs from a layout.
class drift : public detail::object<gpushare_drift_t, gpushare_drift_free> {
public:
    using object::object;

    bool empty() const noexcept { return gpushare_drift_is_empty(get()); }
    std::size_t missing_count() const noexcept { return gpushare_drift_missing_count(get()); }
    std::size_t unwanted_count() const noexcept { return gpushare_drift_unwanted_count(get()); }
    std::size_t orphan_count() const noexcept { return gpushare_drift_orphan_count(get()); }
    std::size_t changed_count() const noexcept { return gpushare_drift_changed_count(get()); }
    gpushare::plan plan() const { return {c_, gpushare_drift_plan(get())}; }
    std::string to_string() const { return detail::make_text(gpushare_drift_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_drift_to_json, get()); }
};

/// How `nvidia-smi` is run, which alone knows the time-slice policy.
struct nvidia_smi_options {
    std::optional<std::string> program; ///< Nothing for the one that GPUSHARE_NVIDIA_SMI names, or the one on the path.
    std::chrono::milliseconds patience{0}; ///< 0 for 10 s.

    /// The same for C, as long as this lives.
    gpushare_nvidia_smi_options_t c() const noexcept {
        gpushare_nvidia_smi_options_t c = GPUSHARE_NVIDIA_SMI_OPTIONS_INIT;
        c.patience_ms = detail::milliseconds(patience);
        c.program = detail::c_text(program);
        return c;
    }
};

class gpu : public detail::object<gpushare_gpu_t, gpushare_gpu_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static gpu clone(const c_type *lent) { return gpu(gpushare_gpu_clone(lent)); }

    std::uint32_t index() const noexcept { return gpushare_gpu_index(get()); }
    std::string uuid() const { return detail::text(gpushare_gpu_uuid(get())); }
    std::string name() const { return detail::text(gpushare_gpu_name(get())); }
    std::uint32_t minor_number() const { return detail::ask<std::uint32_t>(gpushare_gpu_minor_number, get()); }
    std::uint32_t pci_device_id() const { return detail::ask<std::uint32_t>(gpushare_gpu_pci_device_id, get()); }
    gpushare_pci_address_t pci_address() const { return detail::ask<gpushare_pci_address_t>(gpushare_gpu_pci_address, get()); }
    std::uint32_t architecture() const { return detail::ask<std::uint32_t>(gpushare_gpu_architecture, get()); }
    gpushare_memory_t memory() const { return detail::fill<gpushare_memory_t>(gpushare_gpu_memory, get()); }
    gpushare_bar1_memory_t bar1_memory() const { return detail::fill<gpushare_bar1_memory_t>(gpushare_gpu_bar1_memory, get()); }
    gpushare_utilization_t utilization() const { return detail::ask<gpushare_utilization_t>(gpushare_gpu_utilization, get()); }
    gpu_process_list processes() const { return detail::make<gpu_process_list>(gpushare_gpu_processes, get()); }
    process_utilization_list process_utilization(std::uint64_t since_us = 0) const {
        return detail::make<process_utilization_list>(gpushare_gpu_process_utilization, get(), since_us);
    }
    std::vector<holder> holders() const { return detail::holders(gpushare_gpu_holders, get()); }
    std::string visible_device() const { return detail::make_text(gpushare_gpu_visible_device, get()); }
    gpushare::device_files device_files() const;

    gpushare_mig_mode_t mig_mode() const { return detail::ask<gpushare_mig_mode_t>(gpushare_gpu_mig_mode, get()); }
    void set_mig_mode(bool enabled) const { detail::call(gpushare_gpu_set_mig_mode, get(), enabled); }

    gpu_instance_profile_list gpu_instance_profiles() const {
        return detail::make<gpu_instance_profile_list>(gpushare_gpu_gpu_instance_profiles, get());
    }
    gpushare::gpu_instance_profile gpu_instance_profile(const std::string &name) const {
        return detail::make<gpushare::gpu_instance_profile>(gpushare_gpu_gpu_instance_profile, get(), name.c_str());
    }
    gpu_instance_placement_list possible_placements(const gpushare::gpu_instance_profile &profile) const {
        return detail::make<gpu_instance_placement_list>(gpushare_gpu_possible_placements, get(), profile.get());
    }
    std::uint32_t remaining_capacity(const gpushare::gpu_instance_profile &profile) const {
        return detail::ask<std::uint32_t>(gpushare_gpu_remaining_capacity, get(), profile.get());
    }
    gpushare::gpu_instance create_gpu_instance(const gpushare::gpu_instance_profile &profile) const;
    gpushare::gpu_instance create_gpu_instance_at(const gpushare::gpu_instance_profile &profile,
                                                  gpushare_gpu_instance_placement_t placement) const;
    gpu_instance_list gpu_instances() const;
    gpushare::gpu_instance gpu_instance(std::uint32_t id) const;
    mig_device_list mig_devices() const;
    gpushare::mig_device mig_device(std::uint32_t index) const;

    /// GPUSHARE_COMPUTE_MODE_...
    std::uint32_t compute_mode() const { return detail::ask<std::uint32_t>(gpushare_gpu_compute_mode, get()); }
    void set_compute_mode(std::uint32_t mode) const { detail::call(gpushare_gpu_set_compute_mode, get(), mode); }

    /// GPUSHARE_EVENT_... bits.
    std::uint64_t supported_events() const { return detail::ask<std::uint64_t>(gpushare_gpu_supported_events, get()); }

    /// GPUSHARE_TIME_SLICE_...
    std::uint32_t time_slice(const nvidia_smi_options &options = {}) const {
        const gpushare_nvidia_smi_options_t c = options.c();
        return detail::ask<std::uint32_t>(gpushare_gpu_time_slice, get(), &c);
    }
    void set_time_slice(std::uint32_t policy, const nvidia_smi_options &options = {}) const {
        const gpushare_nvidia_smi_options_t c = options.c();
        detail::call(gpushare_gpu_set_time_slice, get(), policy, &c);
    }

    gpushare::layout layout() const { return detail::make<gpushare::layout>(gpushare_gpu_layout, get()); }
    gpushare::mig_geometry mig_geometry() const { return detail::make<gpushare::mig_geometry>(gpushare_gpu_mig_geometry, get()); }
    gpushare::mig_state mig_state() const { return detail::make<gpushare::mig_state>(gpushare_gpu_mig_state, get()); }
    gpushare::drift drift(const gpushare::layout &wanted) const {
        return detail::make<gpushare::drift>(gpushare_gpu_drift, get(), wanted.get());
    }
    gpushare::plan plan(const gpushare::layout &wanted, const plan_options &options = {}) const {
        const gpushare_plan_options_t c = options.c();
        return detail::make<gpushare::plan>(gpushare_gpu_plan, get(), wanted.get(), &c);
    }
    applied apply(const gpushare::plan &planned, const apply_options &options = {}) const {
        const gpushare_apply_options_t c = options.c();
        return detail::make<applied>(gpushare_gpu_apply, get(), planned.get(), &c);
    }
    applied apply_layout(const gpushare::layout &wanted, const apply_options &options = {}) const {
        const gpushare_apply_options_t c = options.c();
        return detail::make<applied>(gpushare_gpu_apply_layout, get(), wanted.get(), &c);
    }
    /// GPUSHARE_RECOVERY_...
    std::uint32_t recover(const apply_options &options = {}) const {
        const gpushare_apply_options_t c = options.c();
        return detail::ask<std::uint32_t>(gpushare_gpu_recover, get(), &c);
    }
};

class gpu_instance : public detail::object<gpushare_gpu_instance_t, gpushare_gpu_instance_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static gpu_instance clone(const c_type *lent) { return gpu_instance(gpushare_gpu_instance_clone(lent)); }

    gpushare::gpu gpu() const { return {c_, gpushare_gpu_instance_gpu(get())}; }
    std::uint32_t id() const noexcept { return gpushare_gpu_instance_id(get()); }
    gpu_instance_profile profile() const { return {c_, gpushare_gpu_instance_profile(get())}; }
    gpushare_gpu_instance_placement_t placement() const {
        return detail::ask<gpushare_gpu_instance_placement_t>(gpushare_gpu_instance_placement, get());
    }
    gpushare::capability capability() const { return detail::make<gpushare::capability>(gpushare_gpu_instance_capability, get()); }
    std::vector<holder> holders() const { return detail::holders(gpushare_gpu_instance_holders, get()); }

    /// Destroys it on the machine, whatever handles of it there are.
    void destroy() const { detail::call(gpushare_gpu_instance_destroy, get()); }
    /// The same, for those who do not ask why it failed.
    gpushare_status_t try_destroy() const noexcept { return gpushare_gpu_instance_destroy(get(), nullptr); }

    compute_instance_profile_list compute_instance_profiles() const {
        return detail::make<compute_instance_profile_list>(gpushare_gpu_instance_compute_instance_profiles, get());
    }
    gpushare::compute_instance_profile compute_instance_profile(const std::string &name) const {
        return detail::make<gpushare::compute_instance_profile>(gpushare_gpu_instance_compute_instance_profile, get(), name.c_str());
    }
    gpushare::compute_instance_profile default_compute_instance_profile() const {
        return detail::make<gpushare::compute_instance_profile>(gpushare_gpu_instance_default_compute_instance_profile, get());
    }
    compute_instance_placement_list possible_compute_placements(const gpushare::compute_instance_profile &profile) const {
        return detail::make<compute_instance_placement_list>(gpushare_gpu_instance_possible_compute_placements, get(), profile.get());
    }
    std::uint32_t remaining_compute_capacity(const gpushare::compute_instance_profile &profile) const {
        return detail::ask<std::uint32_t>(gpushare_gpu_instance_remaining_compute_capacity, get(), profile.get());
    }
    gpushare::compute_instance create_compute_instance(const gpushare::compute_instance_profile &profile) const;
    gpushare::compute_instance create_default_compute_instance() const;
    gpushare::compute_instance create_compute_instance_at(const gpushare::compute_instance_profile &profile,
                                                          gpushare_compute_instance_placement_t placement) const;
    compute_instance_list compute_instances() const;
    gpushare::compute_instance compute_instance(std::uint32_t id) const;
};

class compute_instance : public detail::object<gpushare_compute_instance_t, gpushare_compute_instance_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static compute_instance clone(const c_type *lent) { return compute_instance(gpushare_compute_instance_clone(lent)); }

    gpushare::gpu_instance gpu_instance() const { return {c_, gpushare_compute_instance_gpu_instance(get())}; }
    std::uint32_t id() const noexcept { return gpushare_compute_instance_id(get()); }
    compute_instance_profile profile() const { return {c_, gpushare_compute_instance_profile(get())}; }
    gpushare_compute_instance_placement_t placement() const {
        return detail::ask<gpushare_compute_instance_placement_t>(gpushare_compute_instance_placement, get());
    }
    gpushare::mig_device mig_device() const;
    gpushare::capability capability() const {
        return detail::make<gpushare::capability>(gpushare_compute_instance_capability, get());
    }

    /// Destroys it on the machine, whatever handles of it there are.
    void destroy() const { detail::call(gpushare_compute_instance_destroy, get()); }
    /// The same, for those who do not ask why it failed.
    gpushare_status_t try_destroy() const noexcept { return gpushare_compute_instance_destroy(get(), nullptr); }
};

class mig_device : public detail::object<gpushare_mig_device_t, gpushare_mig_device_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static mig_device clone(const c_type *lent) { return mig_device(gpushare_mig_device_clone(lent)); }

    gpushare::gpu gpu() const { return {c_, gpushare_mig_device_gpu(get())}; }
    std::string uuid() const { return detail::text(gpushare_mig_device_uuid(get())); }
    std::uint32_t gpu_instance_id() const noexcept { return gpushare_mig_device_gpu_instance_id(get()); }
    std::uint32_t compute_instance_id() const noexcept { return gpushare_mig_device_compute_instance_id(get()); }
    gpushare_mig_device_attributes_t attributes() const {
        return detail::fill<gpushare_mig_device_attributes_t>(gpushare_mig_device_attributes, get());
    }
    gpushare::gpu_instance gpu_instance() const {
        return detail::make<gpushare::gpu_instance>(gpushare_mig_device_gpu_instance, get());
    }
    gpushare::compute_instance compute_instance() const {
        return detail::make<gpushare::compute_instance>(gpushare_mig_device_compute_instance, get());
    }
    std::string name() const { return detail::make_text(gpushare_mig_device_name, get()); }
    std::uint32_t index() const { return detail::ask<std::uint32_t>(gpushare_mig_device_index, get()); }
    gpushare_memory_t memory() const { return detail::fill<gpushare_memory_t>(gpushare_mig_device_memory, get()); }
    gpushare_bar1_memory_t bar1_memory() const {
        return detail::fill<gpushare_bar1_memory_t>(gpushare_mig_device_bar1_memory, get());
    }
    gpu_process_list processes() const { return detail::make<gpu_process_list>(gpushare_mig_device_processes, get()); }
    std::vector<holder> holders() const { return detail::holders(gpushare_mig_device_holders, get()); }
    mig_device_capabilities capabilities() const {
        gpushare_capability_t *of_gpu_instance = nullptr, *of_compute_instance = nullptr;
        detail::call(gpushare_mig_device_capabilities, get(), &of_gpu_instance, &of_compute_instance);
        std::unique_ptr<gpushare_capability_t, void (*)(gpushare_capability_t *)> second(of_compute_instance, gpushare_capability_free);
        capability first(of_gpu_instance);
        return {std::move(first), capability(second.release())};
    }
    /// `form` is GPUSHARE_VISIBLE_...
    std::string visible_device(std::uint32_t form = GPUSHARE_VISIBLE_BY_UUID) const {
        return detail::make_text(gpushare_mig_device_visible_device, get(), form);
    }
    gpushare::device_files device_files() const;
};

class mig_parted_config : public detail::object<gpushare_mig_parted_config_t, gpushare_mig_parted_config_free> {
public:
    using object::object;

    static mig_parted_config parse(const std::string &yaml) {
        return detail::make<mig_parted_config>(gpushare_mig_parted_config_parse, yaml.c_str());
    }

    std::string to_string() const { return detail::make_text(gpushare_mig_parted_config_to_string, get()); }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (std::size_t index = 0; index < gpushare_mig_parted_config_count(get()); ++index) {
            all.emplace_back(gpushare_mig_parted_config_name(get(), index));
        }
        return all;
    }
    /// Nothing where the configuration does not speak of that GPU.
    std::optional<gpushare::layout> layout(const std::string &name, const gpu &of) const {
        auto *found = detail::ask<gpushare_layout_t *>(gpushare_mig_parted_config_layout, get(), name.c_str(), of.get());
        return found == nullptr ? std::nullopt : std::optional<gpushare::layout>(found);
    }
};

/// A GPU or a MIG device that a list of devices names.
class cuda_device : public detail::object<gpushare_cuda_device_t, detail::free_with_owner<gpushare_cuda_device_t>> {
public:
    using object::object;

    std::string uuid() const { return detail::text(gpushare_cuda_device_uuid(get())); }
    std::string gpu_uuid() const { return detail::text(gpushare_cuda_device_gpu_uuid(get())); }
    std::uint32_t gpu_index() const noexcept { return gpushare_cuda_device_gpu_index(get()); }
    bool is_mig() const noexcept { return gpushare_cuda_device_is_mig(get()); }
    std::uint32_t gpu_instance_id() const noexcept { return gpushare_cuda_device_gpu_instance_id(get()); }
    std::uint32_t compute_instance_id() const noexcept { return gpushare_cuda_device_compute_instance_id(get()); }
    /// Nothing where no entry names it.
    std::optional<std::size_t> entry() const noexcept {
        const std::size_t place = gpushare_cuda_device_entry(get());
        return place == SIZE_MAX ? std::nullopt : std::optional<std::size_t>(place);
    }
    /// Nothing where the process is given it.
    std::optional<std::string> fault() const { return detail::optional_text(gpushare_cuda_device_fault(get())); }
};

using cuda_device_list = list<cuda_device, gpushare_cuda_device_list_t, gpushare_cuda_device_list_free, gpushare_cuda_device_list_len,
                              gpushare_cuda_device_list_get>;

class cuda_rules : public detail::object<gpushare_cuda_rules_t, gpushare_cuda_rules_free> {
public:
    using object::object;

    /// `mig` is GPUSHARE_MIG_ONE_PER_...; nothing as the order where CUDA_DEVICE_ORDER is not set.
    static cuda_rules make(std::uint32_t mig, const std::optional<std::string> &device_order = std::nullopt) {
        return detail::make<cuda_rules>(gpushare_cuda_rules_new, detail::c_text(device_order), mig);
    }
    static cuda_rules of_driver(const std::string &version, const std::optional<std::string> &device_order = std::nullopt) {
        return detail::make<cuda_rules>(gpushare_cuda_rules_of_driver, version.c_str(), detail::c_text(device_order));
    }
};

/// What a program sees with a value of CUDA_VISIBLE_DEVICES.
class cuda_devices : public detail::object<gpushare_cuda_devices_t, gpushare_cuda_devices_free> {
public:
    using object::object;

    cuda_device_list visible() const { return {c_, gpushare_cuda_devices_visible(get())}; }
    cuda_device_list hidden() const { return {c_, gpushare_cuda_devices_hidden(get())}; }
    /// GPUSHARE_LIST_...
    std::uint32_t end() const noexcept { return gpushare_cuda_devices_end(get()); }
    /// Nothing where no entry ended the list.
    std::optional<std::size_t> end_position() const noexcept {
        const std::size_t place = gpushare_cuda_devices_end_position(get());
        return place == SIZE_MAX ? std::nullopt : std::optional<std::size_t>(place);
    }
    std::string end_to_string() const { return detail::make_text(gpushare_cuda_devices_end_to_string, get()); }
    /// Nothing where cuInit does not fail.
    std::optional<std::uint32_t> cuda_error() const noexcept {
        const std::uint32_t code = gpushare_cuda_devices_cuda_error(get());
        return code == 0 ? std::nullopt : std::optional<std::uint32_t>(code);
    }
    std::string to_string() const { return detail::make_text(gpushare_cuda_devices_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_cuda_devices_to_json, get()); }
};

/// The GPUs and MIG devices of a node, as far as lists of devices depend on them.
class visible_node : public detail::object<gpushare_visible_node_t, gpushare_visible_node_free> {
public:
    using object::object;

    static visible_node from_json(const std::string &json) {
        return detail::make<visible_node>(gpushare_visible_node_from_json, json.c_str());
    }

    std::string to_json() const { return detail::make_text(gpushare_visible_node_to_json, get()); }
    /// Nothing as the value where CUDA_VISIBLE_DEVICES is not set.
    cuda_devices resolve(const std::optional<std::string> &value, const cuda_rules &rules) const {
        return detail::make<cuda_devices>(gpushare_visible_devices_resolve, get(), detail::c_text(value), rules.get());
    }
    /// What a container is given by a value of NVIDIA_VISIBLE_DEVICES; nothing where it is not set.
    cuda_device_list resolve_for_container(const std::optional<std::string> &value) const {
        return detail::make<cuda_device_list>(gpushare_nvidia_visible_devices_resolve, get(), detail::c_text(value));
    }
};

/// A value of CUDA_VISIBLE_DEVICES in one form.
inline std::string normalize_visible_devices(const std::string &value) {
    return detail::make_text(gpushare_visible_devices_normalize, value.c_str());
}

/// A value of CUDA_VISIBLE_DEVICES that CUDA honours whole.
inline std::string visible_devices_value(const std::string &value, const cuda_rules &rules) {
    return detail::make_text(gpushare_visible_devices_value, value.c_str(), rules.get());
}

/// A value of NVIDIA_VISIBLE_DEVICES in one form.
inline std::string normalize_nvidia_visible_devices(const std::string &value) {
    return detail::make_text(gpushare_nvidia_visible_devices_normalize, value.c_str());
}

/// How to load NVML.
struct nvml_options {
    std::optional<std::string> library_path; ///< Nothing for the driver's own.
    std::optional<std::string> root; ///< Nothing for "/".
    std::optional<std::string> procfs; ///< Nothing for "/proc".
    std::uint32_t init_flags = 0; ///< GPUSHARE_INIT_...
};

class nvml : public detail::object<gpushare_nvml_t, gpushare_nvml_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static nvml clone(const c_type *lent) { return nvml(gpushare_nvml_clone(lent)); }

    static nvml load() { return detail::make<nvml>(gpushare_nvml_load); }
    static nvml open(const nvml_options &options) {
        gpushare_nvml_options_t c = GPUSHARE_NVML_OPTIONS_INIT;
        c.library_path = detail::c_text(options.library_path);
        c.root = detail::c_text(options.root);
        c.procfs = detail::c_text(options.procfs);
        c.init_flags = options.init_flags;
        return detail::make<nvml>(gpushare_nvml_open, &c);
    }
    static nvml default_instance() { return detail::make<nvml>(gpushare_nvml_default); }
    /// Ends the session for all handles of it.
    void close() const { detail::call(gpushare_nvml_close, get()); }

    std::string driver_version() const { return detail::make_text(gpushare_nvml_driver_version, get()); }
    gpushare::visible_node visible_node() const { return detail::make<gpushare::visible_node>(gpushare_nvml_visible_node, get()); }
    /// Nothing where CUDA_DEVICE_ORDER is not set.
    gpushare::cuda_rules cuda_rules(const std::optional<std::string> &device_order = std::nullopt) const {
        return detail::make<gpushare::cuda_rules>(gpushare_nvml_cuda_rules, get(), detail::c_text(device_order));
    }
    gpushare::device_files device_files() const;
    gpushare::mig_minors mig_minors() const;
    std::string cdi_spec() const;
    std::string cdi_spec(const cdi_options &options) const;
    gpushare::slurm_gres slurm_gres() const;
    gpushare::slurm_gres slurm_gres(const slurm_options &options) const;
    std::string nvml_version() const { return detail::make_text(gpushare_nvml_nvml_version, get()); }
    gpushare_cuda_version_t cuda_driver_version() const {
        return detail::ask<gpushare_cuda_version_t>(gpushare_nvml_cuda_driver_version, get());
    }
    bool supports(const std::string &symbol) const { return detail::ask<bool>(gpushare_nvml_supports, get(), symbol.c_str()); }
    std::optional<std::string> library_path() const { return detail::optional_text(gpushare_nvml_library_path(get())); }
    std::string root() const { return detail::text(gpushare_nvml_root(get())); }
    std::string procfs() const { return detail::text(gpushare_nvml_procfs(get())); }

    std::uint32_t gpu_count() const { return detail::ask<std::uint32_t>(gpushare_nvml_gpu_count, get()); }
    gpu_list gpus() const { return detail::make<gpu_list>(gpushare_nvml_gpus, get()); }
    gpushare::gpu gpu(std::uint32_t index) const { return detail::make<gpushare::gpu>(gpushare_nvml_gpu, get(), index); }
    gpushare::gpu gpu_by_uuid(const std::string &uuid) const {
        return detail::make<gpushare::gpu>(gpushare_nvml_gpu_by_uuid, get(), uuid.c_str());
    }
    gpushare::gpu gpu_by_pci_address(const std::string &address) const {
        return detail::make<gpushare::gpu>(gpushare_nvml_gpu_by_pci_address, get(), address.c_str());
    }
    gpushare::mig_device mig_device(const std::string &uuid) const {
        return detail::make<gpushare::mig_device>(gpushare_nvml_mig_device, get(), uuid.c_str());
    }
    /// `kinds` are GPUSHARE_EVENT_... bits.
    event_set watch(std::uint64_t kinds) const;
    gpushare::snapshot snapshot() const;
    gpushare::observer observer() const;
};

/// Destroys a GPU instance or compute instance on the machine at the end of a scope. A failure then goes unseen: close() tells.
template <typename Instance>
class [[nodiscard]] scoped {
public:
    explicit scoped(Instance instance) noexcept : held_(std::move(instance)) {}
    scoped(scoped &&other) noexcept : held_(std::exchange(other.held_, std::nullopt)) {}
    scoped &operator=(scoped &&other) noexcept {
        scoped(std::move(other)).held_.swap(held_);
        return *this;
    }
    ~scoped() {
        if (held_) static_cast<void>(held_->try_destroy());
    }

    const Instance &operator*() const noexcept { return *held_; }
    const Instance *operator->() const noexcept { return &*held_; }
    explicit operator bool() const noexcept { return held_.has_value(); }

    /// Lets it live on and gives its handle.
    Instance keep() noexcept {
        Instance kept = std::move(*held_);
        held_.reset();
        return kept;
    }

    /// Destroys it; where that fails, it is held still.
    void close() {
        held_->destroy();
        held_.reset();
    }

private:
    std::optional<Instance> held_;
};

namespace detail {

/// What C++ throws must not reach the library, which is told the reason instead.
inline std::int32_t reset_by_function(const gpushare_gpu_t *lent, void *context, char *reason, std::size_t size) noexcept {
    try {
        static_cast<const apply_options *>(context)->reset_function(gpu::clone(lent));
        return 0;
    } catch (const std::exception &thrown) {
        std::snprintf(reason, size, "%s", thrown.what());
    } catch (...) {
        std::snprintf(reason, size, "%s", "the function threw something that is not a std::exception");
    }
    return 1;
}

} // namespace detail

inline gpushare_apply_options_t apply_options::c() const noexcept {
    gpushare_apply_options_t options = GPUSHARE_APPLY_OPTIONS_INIT;
    options.flags = flags;
    options.directory = detail::c_text(directory);
    options.reset = reset_function ? static_cast<std::uint32_t>(GPUSHARE_RESET_BY_FUNCTION) : reset;
    options.reset_function = reset_function ? detail::reset_by_function : nullptr;
    options.reset_context = const_cast<apply_options *>(this);
    return options;
}

inline gpushare::gpu_instance gpu::create_gpu_instance(const gpushare::gpu_instance_profile &profile) const {
    return detail::make<gpushare::gpu_instance>(gpushare_gpu_create_gpu_instance, get(), profile.get());
}

inline gpushare::gpu_instance gpu::create_gpu_instance_at(const gpushare::gpu_instance_profile &profile,
                                                          gpushare_gpu_instance_placement_t placement) const {
    return detail::make<gpushare::gpu_instance>(gpushare_gpu_create_gpu_instance_at, get(), profile.get(), placement);
}

inline gpu_instance_list gpu::gpu_instances() const { return detail::make<gpu_instance_list>(gpushare_gpu_gpu_instances, get()); }

inline gpushare::gpu_instance gpu::gpu_instance(std::uint32_t id) const {
    return detail::make<gpushare::gpu_instance>(gpushare_gpu_gpu_instance, get(), id);
}

inline mig_device_list gpu::mig_devices() const { return detail::make<mig_device_list>(gpushare_gpu_mig_devices, get()); }

inline gpushare::mig_device gpu::mig_device(std::uint32_t index) const {
    return detail::make<gpushare::mig_device>(gpushare_gpu_mig_device, get(), index);
}

inline gpushare::compute_instance gpu_instance::create_compute_instance(const gpushare::compute_instance_profile &profile) const {
    return detail::make<gpushare::compute_instance>(gpushare_gpu_instance_create_compute_instance, get(), profile.get());
}

inline gpushare::compute_instance gpu_instance::create_default_compute_instance() const {
    return detail::make<gpushare::compute_instance>(gpushare_gpu_instance_create_default_compute_instance, get());
}

inline gpushare::compute_instance
gpu_instance::create_compute_instance_at(const gpushare::compute_instance_profile &profile,
                                         gpushare_compute_instance_placement_t placement) const {
    return detail::make<gpushare::compute_instance>(gpushare_gpu_instance_create_compute_instance_at, get(), profile.get(), placement);
}

inline compute_instance_list gpu_instance::compute_instances() const {
    return detail::make<compute_instance_list>(gpushare_gpu_instance_compute_instances, get());
}

inline gpushare::compute_instance gpu_instance::compute_instance(std::uint32_t id) const {
    return detail::make<gpushare::compute_instance>(gpushare_gpu_instance_compute_instance, get(), id);
}

inline gpushare::mig_device compute_instance::mig_device() const {
    return detail::make<gpushare::mig_device>(gpushare_compute_instance_mig_device, get());
}

} // namespace gpushare

#include "gpushare-containers.hpp"
#include "gpushare-event.hpp"
#include "gpushare-mps.hpp"
#include "gpushare-snapshot.hpp"

#endif // GPUSHARE_HPP
