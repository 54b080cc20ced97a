// One source for CUDA and OpenCL: the words in which the kernels are written.
//
// Kernels use what both have: groups of work-items on a line, local memory declared in the kernel itself, barriers in uniform control flow, 32- and 64-bit
// integer atomics, float32 and float64 with IEEE rounding. No warp, no float atomics, no contraction: a product and a sum are fused only where the source says so.

#if defined(__OPENCL_VERSION__)

#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable
#pragma OPENCL FP_CONTRACT OFF

#define KERNEL __kernel
#define DEVICE static inline
#define GLOBAL __global
#define LOCAL __local
#define RESTRICT restrict
#define ITEM ((int)get_local_id(0))
#define ITEMS ((int)get_local_size(0))
#define GROUP ((int)get_group_id(0))
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)

typedef uchar u8;
typedef ushort u16;
typedef uint u32;
typedef long i64;

#define BITS_TO_FLOAT(u) as_float((u32)(u))
#define FLOAT_TO_BITS(f) as_uint(f)
#define ABS_F(x) fabs(x)
#define SQRT_D(x) sqrt(x)
#define RINT_D(x) rint(x)
#define FMA_D(a, b, c) fma((double)(a), (double)(b), (double)(c))
#ifdef FP_FAST_FMAF
#define MAD_F(a, b, c) fma(a, b, c)
#else
#define MAD_F(a, b, c) ((a) * (b) + (c))
#endif
#define ADD_GLOBAL_INT(p, v) atomic_add((volatile __global int *)(p), v)
#define ADD_GLOBAL_I64(p, v) atom_add((volatile __global long *)(p), v)
#define OR_LOCAL_INT(p, v) atomic_or((volatile __local int *)(p), v)
#define INFINITY_F INFINITY
#define INFINITY_D ((double)INFINITY)

#else

#if defined(__clang__) && !defined(__CUDACC_RTC__)
// clang without CUDA's headers: attributes and special registers by their own names.
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define ITEM ((int)__nvvm_read_ptx_sreg_tid_x())
#define ITEMS ((int)__nvvm_read_ptx_sreg_ntid_x())
#define GROUP ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define BARRIER __syncthreads()
#define BITS_TO_FLOAT(u) __builtin_bit_cast(float, (u32)(u))
#define FLOAT_TO_BITS(f) __builtin_bit_cast(u32, (float)(f))
#define ABS_F(x) __builtin_fabsf(x)
#define SQRT_D(x) __nvvm_sqrt_rn_d(x)
#define RINT_D(x) __builtin_rint(x)
#define FMA_D(a, b, c) __builtin_fma(a, b, c)
#define MAD_F(a, b, c) __builtin_fmaf(a, b, c)
#define ADD_GLOBAL_INT(p, v) __nvvm_atom_add_gen_i(p, v)
#define ADD_GLOBAL_I64(p, v) __nvvm_atom_add_gen_ll(p, v)
#define OR_LOCAL_INT(p, v) __nvvm_atom_or_gen_i(p, v)
#define INFINITY_F __builtin_inff()
#define INFINITY_D __builtin_inf()
#else
#define ITEM ((int)threadIdx.x)
#define ITEMS ((int)blockDim.x)
#define GROUP ((int)blockIdx.x)
#define BARRIER __syncthreads()
#define BITS_TO_FLOAT(u) __uint_as_float((u32)(u))
#define FLOAT_TO_BITS(f) __float_as_uint(f)
#define ABS_F(x) fabsf(x)
#define SQRT_D(x) __dsqrt_rn(x)
#define RINT_D(x) rint(x)
#define FMA_D(a, b, c) __fma_rn(a, b, c)
#define MAD_F(a, b, c) __fmaf_rn(a, b, c)
#define ADD_GLOBAL_INT(p, v) atomicAdd(p, v)
#define ADD_GLOBAL_I64(p, v) atomicAdd((unsigned long long *)(p), (unsigned long long)(v))
#define OR_LOCAL_INT(p, v) atomicOr(p, v)
#define INFINITY_F __int_as_float(0x7f800000)
#define INFINITY_D __longlong_as_double(0x7ff0000000000000LL)
#endif

#define KERNEL extern "C" __global__
#define DEVICE static __device__ inline __attribute__((always_inline))
#define GLOBAL
#define LOCAL
#define RESTRICT __restrict__

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;

#endif

// Local memory is declared with LOCAL_ARRAY at the kernel's own scope, as OpenCL wants it.
#if defined(__OPENCL_VERSION__)
#define LOCAL_ARRAY(type, name, count) __local type name[count]
#else
#define LOCAL_ARRAY(type, name, count) __shared__ type name[count]
#endif

// A group is 256 work-items, everywhere.
#define GROUP_ITEMS 256
