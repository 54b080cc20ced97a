// FAISS behind the names of its own C interface, for machines whose packages bring the C++ library alone. The headers of that interface are included, so the
// compiler holds every definition here to the official declaration. Names that begin with engine_faiss_ are extras that no official library has.
#include <exception>
#include <memory>
#include <string>

#pragma GCC visibility push(default)
#include <faiss/c_api/AutoTune_c.h>
#include <faiss/c_api/IndexIVF_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/index_factory_c.h>
#include <faiss/c_api/index_io_c.h>
#include <faiss/c_api/utils/distances_c.h>
extern "C" {
const char* faiss_get_version();
const char* engine_faiss_compile_options();
void engine_faiss_watch(const volatile int* stop);
}
#pragma GCC visibility pop

#include <faiss/AutoTune.h>
#include <faiss/Index.h>
#include <faiss/IndexIVF.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FaissException.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

namespace {

thread_local std::string last_error;
thread_local const volatile int* watched = nullptr;

// One gate from exceptions to the codes of error_c.h: none may leave through a C function.
template <class F> int guard(F&& call) {
    try {
        call();
        return OK;
    } catch (const faiss::FaissException& fault) {
        last_error = fault.what();
        return FAISS_EXCEPT;
    } catch (const std::exception& fault) {
        last_error = fault.what();
        return STD_EXCEPT;
    } catch (...) {
        last_error = "unknown exception";
        return UNKNOWN_EXCEPT;
    }
}

faiss::Index* index_of(FaissIndex* index) { return reinterpret_cast<faiss::Index*>(index); }
const faiss::Index* index_of(const FaissIndex* index) { return reinterpret_cast<const faiss::Index*>(index); }
FaissIndex* handle_of(faiss::Index* index) { return reinterpret_cast<FaissIndex*>(index); }

// FAISS asks one object per process; that one looks at the flag of the thread that asks, so threads stop one by one.
struct ThreadInterrupt : faiss::InterruptCallback {
    bool want_interrupt() override { return watched != nullptr && *watched != 0; }
};

}  // namespace

extern "C" {

const char* faiss_get_version() {
    static const std::string version =
        std::to_string(FAISS_VERSION_MAJOR) + "." + std::to_string(FAISS_VERSION_MINOR) + "." + std::to_string(FAISS_VERSION_PATCH);
    return version.c_str();
}

const char* faiss_get_last_error() { return last_error.c_str(); }

int faiss_index_factory(FaissIndex** p_index, int d, const char* description, FaissMetricType metric) {
    return guard([&] { *p_index = handle_of(faiss::index_factory(d, description, static_cast<faiss::MetricType>(metric))); });
}

void faiss_Index_free(FaissIndex* obj) { delete index_of(obj); }
int faiss_Index_d(const FaissIndex* obj) { return static_cast<int>(index_of(obj)->d); }
int faiss_Index_is_trained(const FaissIndex* obj) { return index_of(obj)->is_trained ? 1 : 0; }
idx_t faiss_Index_ntotal(const FaissIndex* obj) { return index_of(obj)->ntotal; }
FaissMetricType faiss_Index_metric_type(const FaissIndex* obj) { return static_cast<FaissMetricType>(index_of(obj)->metric_type); }

int faiss_Index_train(FaissIndex* index, idx_t n, const float* x) {
    return guard([&] { index_of(index)->train(n, x); });
}

int faiss_Index_add(FaissIndex* index, idx_t n, const float* x) {
    return guard([&] { index_of(index)->add(n, x); });
}

int faiss_Index_search(const FaissIndex* index, idx_t n, const float* x, idx_t k, float* distances, idx_t* labels) {
    return guard([&] { index_of(index)->search(n, x, k, distances, labels); });
}

int faiss_write_index_fname(const FaissIndex* idx, const char* fname) {
    return guard([&] { faiss::write_index(index_of(idx), fname); });
}

int faiss_read_index_fname(const char* fname, int io_flags, FaissIndex** p_out) {
    return guard([&] { *p_out = handle_of(faiss::read_index(fname, io_flags)); });
}

FaissIndexIVF* faiss_IndexIVF_cast(FaissIndex* index) { return handle_of(dynamic_cast<faiss::IndexIVF*>(index_of(index))); }
size_t faiss_IndexIVF_nlist(const FaissIndexIVF* obj) { return dynamic_cast<const faiss::IndexIVF*>(index_of(obj))->nlist; }
FaissIndex* faiss_IndexIVF_quantizer(const FaissIndexIVF* obj) { return handle_of(dynamic_cast<const faiss::IndexIVF*>(index_of(obj))->quantizer); }

int faiss_ParameterSpace_new(FaissParameterSpace** space) {
    return guard([&] { *space = reinterpret_cast<FaissParameterSpace*>(new faiss::ParameterSpace()); });
}

void faiss_ParameterSpace_free(FaissParameterSpace* obj) { delete reinterpret_cast<faiss::ParameterSpace*>(obj); }

int faiss_ParameterSpace_set_index_parameter(const FaissParameterSpace* space, FaissIndex* index, const char* name, double value) {
    return guard([&] { reinterpret_cast<const faiss::ParameterSpace*>(space)->set_index_parameter(index_of(index), name, value); });
}

void faiss_set_distance_compute_blas_threshold(int value) { faiss::distance_compute_blas_threshold = value; }

const char* engine_faiss_compile_options() {
    static const std::string options = faiss::get_compile_options();
    return options.c_str();
}

// From here on, FAISS ends what this thread asks of it soon after *stop is not 0 any more; null ends the watch.
void engine_faiss_watch(const volatile int* stop) {
    watched = stop;
    std::lock_guard<std::mutex> hold(faiss::InterruptCallback::lock);
    if (!faiss::InterruptCallback::instance) faiss::InterruptCallback::instance.reset(new ThreadInterrupt());
}
}
