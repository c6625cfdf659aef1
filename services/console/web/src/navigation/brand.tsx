export const Brand = () => (
  <div class="brand">
    <img src="/icon.svg" alt="" width={26} height={26} />
    Groundswell
  </div>
);
